"""A planted hole: a page that puts what is typed into SQL as it stands. Row security keeps what is not hers from whoever finds it.

The page is part of a test's application alone. What is typed there reaches the database on the web role, in the transaction in
which the viewer was opened, as an injection into any real page would.
"""

from typing import Any

import psycopg
import pytest
from flask import request

import make
from polyphony.kernel.access import access, anyone
from polyphony.kernel.database import db

DRAFT, WORDS, MINE = "Nobody else may know of this", "Only the facilitator reads this.", "Only I and the facilitator read this."
# Everything at once that a stranger could want to read, as text.
WANTED = ("SELECT title FROM consultations.consultation UNION ALL SELECT text FROM inputs.input UNION ALL "
          "SELECT person_id::text FROM inputs.authorship UNION ALL SELECT name FROM people.person UNION ALL "
          "SELECT role FROM organisations.membership UNION ALL SELECT kind FROM notices.notice")
# What is typed. `{wanted}` is all of that; `{draft}`, `{lead}`, `{body}`: what a facts' setting would have to hold.
TYPED = {
    "every row of the table": "' OR true --",
    "every other table": "x' UNION ALL {wanted} --",
    "settings in the same statement": "x' UNION ALL SELECT set_config(f, '{{{draft}}}', true) FROM unnest(ARRAY['polyphony.convened', "
                                      "'polyphony.facilitated', 'polyphony.participating']) f UNION ALL {wanted} --",
    "settings first": "x'; SET LOCAL polyphony.convened = '{{{draft}}}'; SET LOCAL polyphony.facilitated = '{{{draft}}}'; {wanted} --",
    "settings that stay": "x'; SET polyphony.convened = '{{{draft}}}'; SET polyphony.person = '{lead}'; {wanted} --",
    "a seal of her own": "x'; SELECT viewer.open(NULL, NULL); SET LOCAL polyphony.facilitating = '{{{body}}}'; SET LOCAL "
                         "polyphony.facilitated = '{{{draft}}}'; {wanted} --",
    "the secret of a session": "x'; SELECT viewer.open((SELECT token_hash FROM people.session WHERE person_id = '{lead}'), NULL); {wanted} --",
    "a session of somebody else": "x'; INSERT INTO people.session (id, token_hash, person_id, began_at, seen_at) VALUES "
                                  "(gen_random_uuid(), sha256('x'), '{lead}', now(), now()); SELECT viewer.open('x', NULL); {wanted} --",
    "a transaction of her own": "x'; COMMIT; BEGIN; {wanted} --",
    "the worker's role": "x'; SET ROLE polyphony_worker; {wanted} --",
    "the owner's role": "x'; SET ROLE polyphony_owner; {wanted} --",
    "another user": "x'; SET SESSION AUTHORIZATION polyphony_owner; {wanted} --",
    "no row security": "x'; SET row_security = off; {wanted} --",
    "no triggers": "x'; SET session_replication_role = replica; UPDATE inputs.input SET audience = 'public'; {wanted} --",
    "wider policies": "x'; ALTER POLICY select_facilitator ON inputs.input USING (true); {wanted} --",
    "a seat": "x'; INSERT INTO organisations.membership (id, person_id, organisation_id, role, begun_at, function) SELECT gen_random_uuid(), "
              "id, '{body}', 'facilitator', now(), '' FROM people.person; SELECT viewer.open(NULL, NULL); {wanted} --",
    "the key of the seal": "x' UNION ALL SELECT encode(secret, 'hex') FROM viewer.key UNION ALL {wanted} --",
    "files of the server": "x' UNION ALL SELECT pg_read_file('postgresql.conf') UNION ALL {wanted} --",
    "a program": "x'; COPY (SELECT 1) TO PROGRAM 'true'; {wanted} --",
    "a function of her own": "x'; CREATE FUNCTION pg_temp.f() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS $$ {wanted} $$; "
                             "SELECT * FROM pg_temp.f() --",
}


@pytest.fixture
def holed(world: Any) -> Any:
    """A world whose application has that page; a consultation in preparation, and words for the facilitator alone."""

    def view() -> Any:
        said: list[str] = []
        try:
            cursor = db.session.connection().connection.driver_connection.execute(  # type: ignore[union-attr]
                f"SELECT title FROM consultations.consultation WHERE title = '{request.form['q']}'")
            for answer in cursor.results():  # one of each statement
                said += [str(row[0]) for row in answer] if answer.description else []
        except psycopg.Error as refused:  # as an attacker likes it best: the page says why
            db.session.rollback()
            said.append(str(refused))
        return "\n".join(said)

    world.app.add_url_rule("/<lang>/planted", "planted", access(anyone)(view), methods=["POST"])
    firm, body, circle = (make.organisation(world, name, kind) for name, kind in (
        ("Halcyon", "company"), ("Open Table", "facilitation"), ("Sauti", "stakeholder")))
    lead = make.person(world, "lead@x.example", "Orla", seats=((firm, "engagement_lead"),))
    make.person(world, "facilitator@x.example", "Zanele", seats=((body, "facilitator"),))
    author = make.person(world, "author@x.example", "Halima", seats=((circle, "coordinator"),))
    other = make.person(world, "other@x.example", "Ratna", seats=((make.organisation(world, "Jaringan", "stakeholder"), "coordinator"),))
    draft = make.consultation(world, [firm], state="draft", title=DRAFT)
    here = make.consultation(world, [firm], facilitator=body, invited=(circle,), title="What everybody may know")
    make.input_(world, here, person_id=other, audience="facilitator", text=WORDS)
    make.input_(world, here, person_id=author, audience="facilitator", text=MINE)
    world.facts = {"draft": draft, "lead": lead, "body": body, "wanted": WANTED}
    return world


def read(world: Any, client: Any, typed: str) -> str:
    """What the page says; it is one that may write."""
    return client.post("/en/planted", data={"q": typed.format(**world.facts)}).get_data(as_text=True)


def test_the_hole_is_one(holed: Any) -> None:
    """What is typed is run as SQL, several statements too, and whoever may read something reads it there."""
    visitor, lead, facilitator = holed.client(), *(make.sign_in(holed.client(), f"{who}@x.example") for who in ("lead", "facilitator"))
    assert read(holed, visitor, "nothing of that name") == ""
    assert read(holed, visitor, TYPED["every row of the table"]) == "What everybody may know"
    assert "polyphony_app" in read(holed, visitor, "x'; SELECT current_user --")
    assert DRAFT in read(holed, lead, TYPED["every other table"])
    assert WORDS in read(holed, facilitator, TYPED["settings that stay"].replace("SET polyphony.convened = '{{{draft}}}'; SET polyphony.person = '{lead}';", ""))


@pytest.mark.parametrize("who", ["visitor", "author"])
def test_whatever_is_typed_into_it_reads_nothing_of_others(holed: Any, who: str) -> None:
    """As a stranger and as a member, one after the other on the same connections, and afterwards nobody sees less or more."""
    client = holed.client() if who == "visitor" else make.sign_in(holed.client(), "author@x.example")
    secrets = {DRAFT, WORDS, "Orla", "Zanele", "Ratna", str(holed.facts["lead"])} | ({MINE, "Halima"} if who == "visitor" else set())
    before = _rows(holed)
    for name, typed in TYPED.items():
        said = read(holed, client, typed)
        told = {each for each in secrets - {str(holed.facts["lead"])} if each in said}
        assert told == set(), f"{who} reads {told} by {name}"
    assert _rows(holed) == before, "something was written"
    facilitator = make.sign_in(holed.client(), "facilitator@x.example")
    assert WORDS in read(holed, facilitator, TYPED["every other table"])
    assert DRAFT not in read(holed, facilitator, TYPED["every other table"])


def test_where_row_security_is_gone_the_same_is_read(holed: Any) -> None:
    """A planted fault behind the planted hole: it is row security that was silent."""
    holed.sql("ALTER TABLE inputs.input DISABLE ROW LEVEL SECURITY")
    said = read(holed, holed.client(), TYPED["every other table"])
    assert WORDS in said
    assert DRAFT not in said


def _rows(world: Any) -> list[Any]:
    """What the typed tries to change."""
    return world.sql("SELECT (SELECT count(*) FROM organisations.membership), (SELECT array_agg(audience) FROM inputs.input), "
                     "(SELECT count(*) FROM people.session WHERE token_hash = sha256('x'))")
