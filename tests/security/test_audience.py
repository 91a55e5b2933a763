"""Who reads an input is decided by its author and kept by the database, whatever the pages ask for."""

import uuid
from types import SimpleNamespace

import psycopg
import pytest

import make
from polyphony.consultations.models import Translator
from polyphony.inputs.models import Handed

AUDIENCES = ("facilitator", "chosen", "companies", "participants", "public")


@pytest.fixture
def cast(world):
    """Two companies, an invited and an uninvited organisation, a facilitator, and the people of each."""
    c = SimpleNamespace(world=world, people={})
    halcyon, tern = make.organisation(world, "Halcyon"), make.organisation(world, "Tern")
    table = make.organisation(world, "Open Table", "facilitation")
    sauti, other = make.organisation(world, "Sauti", "stakeholder"), make.organisation(world, "Other", "stakeholder")
    seats = {"halcyon": (halcyon, "engagement_lead"), "tern": (tern, "board_observer"), "facilitator": (table, "facilitator"),
             "author": (sauti, "coordinator"), "colleague": (sauti, "contributor"), "outsider": (other, "coordinator")}
    for who, seat in seats.items():
        c.people[who] = make.person(world, f"{who}@x.example", seats=(seat,))
    c.halcyon = halcyon
    c.consultation = make.consultation(world, [halcyon, tern], facilitator=table, invited=(sauti,), discovery="invitation")
    return c


def sees(cast, who: str, table: str = "inputs.input") -> set:
    """Ids of a table's rows that this person gets with plain SQL on the web role."""
    secret = make.session_of(cast.world, cast.people[who]) if who != "visitor" else None
    with psycopg.connect(cast.world.server.url("polyphony_app", cast.world.name)) as connection:
        connection.execute("SELECT viewer.open(%s, NULL)", [secret])
        return {row[0] for row in connection.execute(f"SELECT id FROM {table}")}


READERS = {
    "facilitator": {"author", "facilitator"},
    "chosen": {"author", "facilitator", "halcyon"},
    "companies": {"author", "facilitator", "halcyon", "tern"},
    "participants": {"author", "facilitator", "halcyon", "tern", "colleague"},
    "public": {"author", "facilitator", "halcyon", "tern", "colleague"},
}
EVERYONE = ("author", "facilitator", "halcyon", "tern", "colleague", "outsider", "visitor")


def write(cast, audience: str, *, read: bool):
    return make.input_(cast.world, cast.consultation, person_id=cast.people["author"], audience=audience, read=read,
                       readers=[cast.halcyon] if audience == "chosen" else [])


def test_every_audience_reaches_exactly_its_readers(cast) -> None:
    written = {audience: write(cast, audience, read=True) for audience in AUDIENCES}
    for who in EVERYONE:
        expected = {written[a] for a in AUDIENCES if who in READERS[a]}
        assert sees(cast, who) == expected, f"{who} (by invitation, so outsiders see not even the public ones)"


def test_nothing_reaches_others_before_the_facilitator_has_read_it(cast) -> None:
    written = {write(cast, audience, read=False) for audience in AUDIENCES}
    assert {who for who in EVERYONE if sees(cast, who) & written} == {"author", "facilitator"}


def test_public_inputs_of_a_listed_consultation_reach_visitors(cast) -> None:
    cast.world.sql("UPDATE consultations.consultation SET discovery = 'listed'")
    shown, hidden = write(cast, "public", read=True), write(cast, "participants", read=True)
    assert sees(cast, "visitor") == {shown}
    assert hidden not in sees(cast, "outsider")


@pytest.mark.parametrize("end", ["UPDATE consultations.translator SET ended_on = now()",
                                 "INSERT INTO organisations.membership_end (membership_id, at, by, reason) SELECT id, now(), "
                                 "person_id, 'Moved.' FROM organisations.membership WHERE role = 'translator'"])
def test_who_translates_no_more_reads_nothing_that_she_was_handed(cast, end: str) -> None:
    world, ngo = cast.world, make.organisation(cast.world, "Lugha", "stakeholder")
    cast.people["translator"] = who = make.person(world, "t@x.example", seats=((ngo, "translator"),))
    make.add(world, Translator(id=uuid.uuid4(), consultation_id=cast.consultation, person_id=who, organisation_id=ngo,
                               shown_as="Lugha", languages=["sw"], appointed_on=make.today()))
    one = write(cast, "facilitator", read=False)
    make.add(world, Handed(input_id=one, person_id=who, consultation_id=cast.consultation))
    assert sees(cast, "translator") == {one}
    world.sql(end)
    assert sees(cast, "translator") == set()


def test_a_company_that_left_reads_nothing_more_of_what_was_for_companies(cast) -> None:
    written = {write(cast, audience, read=True) for audience in ("chosen", "companies", "participants")}
    assert sees(cast, "halcyon") == written
    cast.world.sql("UPDATE consultations.convener SET state = 'left' WHERE company_id = %s", cast.halcyon)
    assert sees(cast, "halcyon") == set()
    assert cast.consultation in sees(cast, "halcyon", "consultations.consultation"), "what it owes it still finds"


def test_a_company_that_left_a_draft_reads_it_no_more(cast) -> None:
    cast.world.sql("UPDATE consultations.convener SET state = 'left' WHERE company_id = %s", cast.halcyon)
    draft = make.consultation(cast.world, [cast.halcyon], state="draft")
    assert draft in sees(cast, "halcyon", "consultations.consultation")
    cast.world.sql("UPDATE consultations.convener SET state = 'left' WHERE company_id = %s", cast.halcyon)
    assert sees(cast, "halcyon", "consultations.consultation") == {cast.consultation}


def test_who_wrote_it_is_seen_by_the_author_alone(cast) -> None:
    one = write(cast, "public", read=True)
    with psycopg.connect(cast.world.server.url("polyphony_app", cast.world.name)) as connection:
        for who in EVERYONE[:-1]:
            connection.execute("SELECT viewer.open(%s, NULL)", [make.session_of(cast.world, cast.people[who])])
            rows = connection.execute("SELECT input_id FROM inputs.authorship").fetchall()
            assert rows == ([(one,)] if who == "author" else []), who


def test_a_company_sees_nothing_of_anothers_draft_answer(cast) -> None:
    world = cast.world
    theme = world.sql("INSERT INTO feedback.theme (id, consultation_id, title, summary, lang, addressed, added_reason, place, "
                      "made_on, shared_on, revision) VALUES (gen_random_uuid(), %s, 't', 's', 'en', '{}', '', 0, now(), now(), 1) "
                      "RETURNING id", cast.consultation)[0][0]
    for state in ("draft", "signed"):
        world.sql("DELETE FROM feedback.answer")
        world.sql("INSERT INTO feedback.answer (id, theme_id, company_id, consultation_id, number, state, decision, reason_kind, "
                  "words, changes, lang, signed_as, signed_on, late_days, revision) VALUES (gen_random_uuid(), %s, %s, %s, 1, "
                  "%s, 'adopted', '', 'w', 'c', 'en', 'product', now(), 0, 1)", theme, cast.halcyon, cast.consultation, state)
        readers = {who for who in EVERYONE if sees(cast, who, "feedback.answer")}
        assert readers == ({"halcyon"} if state == "draft" else {"halcyon", "facilitator"}), state


def test_the_database_refuses_a_decline_without_reason(cast) -> None:
    world = cast.world
    theme = world.sql("INSERT INTO feedback.theme (id, consultation_id, title, summary, lang, addressed, added_reason, place, "
                      "made_on, revision) VALUES (gen_random_uuid(), %s, 't', 's', 'en', '{}', '', 0, now(), 1) RETURNING id",
                      cast.consultation)[0][0]
    with pytest.raises(psycopg.errors.CheckViolation):
        world.sql("INSERT INTO feedback.answer (id, theme_id, company_id, consultation_id, number, state, decision, reason_kind, "
                  "words, changes, lang, signed_as, signed_on, late_days, revision) VALUES (gen_random_uuid(), %s, %s, %s, 1, "
                  "'signed', 'declined', '', '', 'c', 'en', 'legal', now(), 0, 1)", theme, cast.halcyon, cast.consultation)


@pytest.mark.parametrize("change", ["promised_on = promised_on + 1", "state = 'closed'"])
def test_the_promised_date_and_the_order_of_steps_hold_in_the_database(cast, change: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        cast.world.sql(f"UPDATE consultations.consultation SET {change}")


def test_one_steward_alone_admits_nobody(world) -> None:
    newcomer = make.organisation(world, "New", admitted=False)
    with pytest.raises(psycopg.errors.CheckViolation):
        world.sql("UPDATE organisations.organisation SET admitted_on = now() WHERE id = %s", newcomer)


CHOSEN = ["audience = 'public'", "readers = '{}'", "speaks_as = 'authority'", "naming = 'name'", "shown_as = 'Amina of Sauti'"]


@pytest.mark.parametrize("change", CHOSEN)
@pytest.mark.parametrize("who", ["author", "facilitator"])
def test_nobody_changes_whom_she_speaks_to_and_how_she_is_named(cast, who: str, change: str) -> None:
    said = write(cast, "companies", read=True)
    with psycopg.connect(cast.world.server.url("polyphony_app", cast.world.name)) as connection:
        connection.execute("SELECT viewer.open(%s, NULL)", [make.session_of(cast.world, cast.people[who])])
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.CheckViolation)) as no:
            connection.execute(f"UPDATE inputs.input SET {change}, read_on = NULL WHERE id = %s", [said])
    assert "row-level security" not in str(no.value)


@pytest.mark.parametrize("change", CHOSEN[3:])
def test_not_even_the_owner_of_the_tables_names_her_otherwise_than_she_chose(cast, change: str) -> None:
    said = write(cast, "companies", read=True)
    with pytest.raises(psycopg.errors.CheckViolation) as no:
        cast.world.sql(f"UPDATE inputs.input SET {change} WHERE id = %s", said)
    assert no.value.diag.constraint_name == "input_naming_stays"
    cast.world.sql("UPDATE inputs.input SET naming = 'unattributed', shown_as = '' WHERE id = %s", said)
