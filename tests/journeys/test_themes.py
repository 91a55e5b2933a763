"""The facilitator arranges themes, reminds companies, and quotes stay true to the words they were taken from."""

import random
import re
import uuid
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from tests import make
from tests.journeys.test_feedback import SAID, _answer, _get, _in, _post, _sign, _theme, loop

from polyphony.consultations.models import Translator

__all__ = ["loop"]  # a fixture


@pytest.fixture
def early(loop: Any) -> Any:
    """The same before the promised date."""
    _set(loop, promised_on=make.today() + timedelta(days=9))
    return loop


def _set(world: Any, **values: Any) -> None:
    """Arrange a consultation past the triggers that keep its promises."""
    world.sql("ALTER TABLE consultations.consultation DISABLE TRIGGER USER")
    for name, value in values.items():
        world.sql(f"UPDATE consultations.consultation SET {name} = %s", value)
    world.sql("ALTER TABLE consultations.consultation ENABLE TRIGGER USER")


def _desk(world: Any) -> str:
    return f"/en/consultations/{world.facts['id']}/facilitate"


def _make(world: Any, fac: Any, title: str) -> uuid.UUID:
    _post(fac, f"/en/consultations/{world.facts['id']}/themes/new", title=title, summary="s", lang="en")
    return world.sql("SELECT id FROM feedback.theme WHERE title = %s", title)[0][0]


def _shown(page: str) -> list[str]:
    return re.findall(r'dir="auto">(Theme \w)</a>', page)


def test_themes_stand_in_the_order_the_facilitator_gave_them(loop: Any) -> None:
    """New ones come last; each press moves one a place; companies see the same order; only she can."""
    fac = _in(loop, "fac@x.org")
    one, two, three = (_make(loop, fac, f"Theme {x}") for x in "CBA")
    assert _shown(_get(fac, _desk(loop))) == ["Theme C", "Theme B", "Theme A"]
    _post(fac, f"/en/themes/{three}/move", way="up")
    _post(fac, f"/en/themes/{one}/move", way="down")
    assert _shown(_get(fac, _desk(loop))) == ["Theme A", "Theme C", "Theme B"]
    _post(fac, f"/en/themes/{three}/move", way="up")
    _post(fac, f"/en/themes/{two}/move", 422, way="sideways")
    assert _shown(_get(fac, _desk(loop))) == ["Theme A", "Theme C", "Theme B"]
    loop.sql("UPDATE feedback.theme SET shared_on = current_date, addressed = %s", [loop.facts["tern"]])
    page = _get(_in(loop, "lead@tern.org"), f"/en/consultations/{loop.facts['id']}/our-answers")
    assert page.index("Theme A") < page.index("Theme C") < page.index("Theme B")
    assert _in(loop, "lead@tern.org").post(f"/en/themes/{one}/move", data={"way": "up"}).status_code == 403
    loop.sql("UPDATE consultations.consultation SET state = 'published'")
    assert "themes no longer change" in _post(fac, f"/en/themes/{one}/move", 409, way="up")


def test_a_theme_is_taken_back_and_its_inputs_are_in_no_theme_again(loop: Any) -> None:
    """Drafts go with it unseen; a signed answer and an objection without a reply keep it."""
    fac, asha = _in(loop, "fac@x.org"), _in(loop, "asha@x.org")
    theme = _theme(loop, fac)
    _answer(loop, "tern", theme)
    _post(_in(loop, "lead@tern.org"), f"{theme}/answer/{loop.facts['tern']}/comment", **{"comment-words": "Ask legal."})
    _post(asha, f"{theme}/inputs/{loop.facts['said']}/object", words="I meant children", lang="en")
    assert "Reply to her" in _post(fac, f"{theme}/remove", 409)
    _post(fac, f"/en/objections/{loop.sql('SELECT id FROM feedback.objection')[0][0]}", words="Changed.")
    assert "The facilitator replied" in _get(asha, theme)
    assert _in(loop, "lead@tern.org").post(f"{theme}/remove").status_code == 403
    assert "in no theme" not in _get(fac, _desk(loop))
    assert "Place in another theme" in _get(fac, _desk(loop)), "it is in one already"
    assert "drafts that companies may have begun" in _get(fac, f"{theme}/remove")
    _post(fac, f"{theme}/remove")
    for table in ("theme", "excerpt", "answer", "answer_hand", "comment", "objection"):
        assert loop.sql(f"SELECT * FROM feedback.{table}") == [], table
    assert "in no theme" in _get(fac, _desk(loop))
    assert "Place in a theme" in _get(fac, _desk(loop))
    assert loop.sql("SELECT count(*) FROM audit.row WHERE verb = 'theme.removed'") == [(1,)]
    theme = _theme(loop, fac)
    _answer(loop, "halcyon", theme)
    _sign(loop, "halcyon")
    assert fac.get(f"{theme}/remove").status_code == 409
    assert "has signed its answer" in _post(fac, f"{theme}/remove", 409)
    assert loop.sql("SELECT count(*) FROM feedback.excerpt") == [(1,)]


def test_the_database_drops_no_draft_for_anybody_else(loop: Any) -> None:
    """The one function that removes drafts does so for the facilitator of that theme alone, and never signed ones."""
    import psycopg

    theme = _theme(loop, _in(loop, "fac@x.org"))
    _answer(loop, "tern", theme)

    def drop(address: str) -> int:
        person = loop.sql("SELECT id FROM people.person WHERE name = %s", address)[0][0]
        with psycopg.connect(loop.server.url("polyphony_app", loop.name), autocommit=False) as connection:
            connection.execute("SELECT viewer.open(%s, NULL)", [make.session_of(loop, person)])
            connection.execute("SELECT feedback.drop_drafts(%s)", [theme.rsplit("/", 1)[1]])
        return loop.sql("SELECT count(*) FROM feedback.answer")[0][0]

    assert drop("boss") == 1
    loop.sql("UPDATE feedback.answer SET state = 'signed', signed_as = 'legal', signed_on = current_date")
    assert drop("fac") == 1
    loop.sql("UPDATE feedback.answer SET state = 'draft'")
    assert drop("fac") == 0


def test_the_facilitator_reminds_a_company_once_a_day(early: Any) -> None:
    """Leads and decision makers of the company that owes are told; whether a draft exists is not hers to know."""
    f, fac = early.facts, _in(early, "fac@x.org")
    theme = _theme(early, fac)
    _answer(early, "tern", theme)
    before = _get(fac, _desk(early))
    assert before.count("1 answer not signed") == 2
    assert "Draft" not in before
    remind = f"/en/consultations/{f['id']}/remind"
    _post(fac, f"{remind}/{f['tern']}")
    assert "once" not in early.sql("SELECT kind FROM notices.notice")
    early.work()
    told = early.sql("SELECT p.name FROM notices.notice n JOIN people.person p ON p.id = n.person_id "
                     "WHERE n.kind = 'reminded' ORDER BY 1")
    assert told == [("boss",), ("lead",)]
    assert early.sql("SELECT DISTINCT m.organisation_id FROM notices.notice n JOIN organisations.membership m ON "
                     "m.person_id = n.person_id WHERE n.kind = 'reminded'") == [(f["tern"],)]
    assert "The facilitator reminds your company" in _get(_in(early, "lead@tern.org"), "/en/notices")
    assert "Reminded today" in _get(fac, _desk(early))
    assert "You can do it again tomorrow" in _post(fac, f"{remind}/{f['tern']}", 409)
    _answer(early, "halcyon", theme)
    _sign(early, "halcyon")
    assert "owes no answer" in _post(fac, f"{remind}/{f['halcyon']}", 409)
    assert _in(early, "lead@tern.org").post(f"{remind}/{f['halcyon']}").status_code == 403
    early.sql("UPDATE feedback.reminder SET \"on\" = \"on\" - 1")
    _post(fac, f"{remind}/{f['tern']}")


def test_publishing_is_never_blind(loop: Any) -> None:
    """From the promised day on silence blocks nothing, but who would stand as owing is said before it is published."""
    f, fac = loop.facts, _in(loop, "fac@x.org")
    _theme(loop, fac)
    for promised in (make.today(), make.today() - timedelta(days=3)):
        _set(loop, promised_on=promised)
        page = _get(fac, _desk(loop))
        assert "Nothing blocks publication" in page
        assert "If you publish now, these show as owed" in page
        assert "Halcyon has not signed 1 answer" in page
        assert f"/remind/{f['halcyon']}" in page
    loop.sql("UPDATE people.person SET language = 'sw' WHERE id = %s", f["author"])
    theme = f"/en/themes/{loop.sql('SELECT id FROM feedback.theme')[0][0]}"
    _answer(loop, "halcyon", theme, words="")
    answer = loop.sql("SELECT id FROM feedback.answer")[0][0]
    _post(_in(loop, "lead@halcyon.org"), f"/en/answers/{answer}/measures", what="Quiet alerts", owner="product",
          due_on=str(make.today() + timedelta(days=30)))
    _sign(loop, "halcyon")
    page = _get(fac, f"/en/consultations/{f['id']}/publish")
    assert "Tern has not signed 1 answer" in page
    assert "Halcyon has not" not in page
    assert "Kiswahili" in page
    lacking = "the theme's title and summary, what the input changed, and the measure"
    assert "4 texts lack a language" in page, lacking
    assert "4 texts lack a language" in _get(fac, _desk(loop)), lacking
    loop.sql("INSERT INTO languages.translation (id, consultation_id, kind, subject_id, field, lang, text, mark, stale) SELECT "
             "gen_random_uuid(), consultation_id, 'answer', id, 'changes', 'sw', 'Tahadhari.', 'person', false FROM feedback.answer")
    assert "3 texts lack a language" in _get(fac, f"/en/consultations/{f['id']}/publish")
    _post(fac, f"/en/consultations/{f['id']}/remind/{f['tern']}")
    _post(fac, f"/en/consultations/{f['id']}/publish", words="Here they are")
    assert "while they answer" in _post(fac, f"/en/consultations/{f['id']}/remind/{f['tern']}", 409)


def test_a_signature_in_the_moment_of_publishing_comes_second(loop: Any) -> None:
    """Neither would see the other: the database has whoever signs begin again, so that no signed answer stays unpublished."""
    f, fac = loop.facts, _in(loop, "fac@x.org")
    theme = _theme(loop, fac)
    for company in ("halcyon", "tern"):
        _answer(loop, company, theme)
    _sign(loop, "halcyon")
    boss = loop.sql("SELECT person_id FROM organisations.membership WHERE organisation_id = %s AND role = 'decision_maker'", f["tern"])[0][0]
    with _begun_before(loop, boss) as slow:
        assert slow.execute("SELECT state FROM feedback.answer WHERE company_id = %s", [f["tern"]]).fetchall() == [("draft",)]
        _post(fac, f"/en/consultations/{f['id']}/publish", words="Here they are")
        with pytest.raises(psycopg.errors.SerializationFailure):
            slow.execute("UPDATE feedback.answer SET state = 'signed', signed_as = 'legal', signed_on = current_date WHERE "
                         "company_id = %s", [f["tern"]])


@contextmanager
def _begun_before(world: Any, person: uuid.UUID) -> Any:
    """A transaction of the web role with this person's viewer, for what happens after it has looked."""
    with psycopg.connect(world.server.url("polyphony_app", world.name)) as slow:
        slow.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        slow.execute("SELECT viewer.open(%s, %s)", [make.session_of(world, person), []])
        yield slow
        slow.rollback()


def _mask(world: Any, fac: Any, text: str) -> None:
    f = world.facts
    revision = world.sql("SELECT revision FROM inputs.input WHERE id = %s", f["said"])[0][0]
    _post(fac, f"/en/consultations/{f['id']}/reading/{f['said']}/masking", text=text, reason="A name", revision=revision)


def test_masking_keeps_the_quotes_that_it_does_not_touch(loop: Any) -> None:
    """Words that were masked are quoted nowhere; the facilitator is told how many excerpts went, and takes note."""
    f, fac = loop.facts, _in(loop, "fac@x.org")
    theme = _theme(loop, fac)
    place = f"/en/consultations/{f['id']}/excerpts/{f['said']}"
    for quote in ("The alert wakes the whole house.", ""):
        _post(fac, place, theme_id=theme.rsplit("/", 1)[1], input_id=f["said"], quote=quote)
    for lang in ("fr", "sw"):
        loop.sql("INSERT INTO languages.translation (id, consultation_id, kind, subject_id, field, lang, text, mark, stale) "
                 "SELECT gen_random_uuid(), consultation_id, 'quote', id, 'quote', %s, 'La maison', 'person', false "
                 "FROM feedback.excerpt", lang)
    _mask(loop, fac, SAID.replace("the whole house", "[masked]"))
    assert loop.sql("SELECT quote FROM feedback.excerpt ORDER BY quote") == [("",), ("Tell only the person.",)]
    assert loop.sql("SELECT count(*) FROM languages.translation WHERE kind = 'quote'") == [(0,)]
    page = _get(fac, _desk(loop))
    assert "1 excerpt went because the words changed" in page
    assert "the whole house" not in page
    assert _in(loop, "lead@tern.org").post(f"{theme}/losses").status_code == 403
    _post(fac, f"{theme}/losses")
    assert "because the words changed" not in _get(fac, _desk(loop))
    _mask(loop, fac, "[masked]")
    assert loop.sql("SELECT quote FROM feedback.excerpt") == [("",)]
    assert "1 excerpt went because the words changed" in _get(fac, _desk(loop))


def test_a_translation_of_a_quote_in_the_moment_of_the_masking_comes_second(loop: Any) -> None:
    """What was masked does not come back in another language: the database has the translator begin again."""
    f, fac = loop.facts, _in(loop, "fac@x.org")
    _theme(loop, fac)
    reader = loop.sql("SELECT person_id FROM organisations.membership WHERE role = 'facilitator'")[0][0]
    with _begun_before(loop, reader) as slow:
        (excerpt,) = slow.execute("SELECT id FROM feedback.excerpt").fetchone()
        _mask(loop, fac, SAID.replace("the whole house", "[masked]"))
        with pytest.raises(psycopg.errors.SerializationFailure):
            slow.execute("INSERT INTO languages.translation (id, consultation_id, kind, subject_id, field, lang, text, mark, stale, waits) "
                         "VALUES (gen_random_uuid(), %s, 'quote', %s, 'quote', 'fr', 'La maison', 'person', false, false)",
                         [f["id"], excerpt])


def test_an_author_who_writes_anew_keeps_the_quotes_that_still_stand(loop: Any) -> None:
    """Nobody else reads them before the facilitator has read her again."""
    f, fac, asha = loop.facts, _in(loop, "fac@x.org"), _in(loop, "asha@x.org")
    theme = _theme(loop, fac)
    _set(loop, promised_on=make.today() + timedelta(days=3), closes_at=make.now() + timedelta(days=1), state="open")
    _post(fac, f"/en/consultations/{f['id']}/excerpts/{f['said']}", theme_id=theme.rsplit("/", 1)[1], input_id=f["said"],
          quote="The alert wakes")
    _post(asha, f"/en/inbox/{f['said']}", text="New. Tell only the person.", revision=1)
    assert loop.sql("SELECT quote FROM feedback.excerpt") == [("Tell only the person.",)]
    assert "Tell only the person." in _get(asha, theme)
    loop.sql("UPDATE feedback.theme SET published_on = current_date")
    loop.sql("UPDATE inputs.input SET audience = 'public'")
    assert "Tell only the person." not in _get(loop.client(), theme)
    _post(fac, f"/en/consultations/{f['id']}/reading/{f['said']}/release", revision=2)
    assert "Tell only the person." in _get(loop.client(), theme)


def test_quotes_objections_and_silence_are_translated(loop: Any) -> None:
    """A translator works on them; each reader sees her language first, marked, the original one click away."""
    f, fac, asha = loop.facts, _in(loop, "fac@x.org"), _in(loop, "asha@x.org")
    loop.sql("UPDATE consultations.consultation SET languages = '{en,fr}'")
    theme = _theme(loop, fac)
    _post(asha, f"{theme}/inputs/{f['said']}/object", words="I meant children", lang="en")
    objection = loop.sql("SELECT id FROM feedback.objection")[0][0]
    excerpt = loop.sql("SELECT id FROM feedback.excerpt")[0][0]
    desk = f"/en/consultations/{f['id']}/translations"
    assert "Tell only the person." in _get(fac, desk)
    assert "I meant children" in _get(fac, desk)
    _post(fac, piece := f"{desk}/quote/{excerpt}/quote/fr", revision=make.revision(fac, piece), text="Ne dites rien aux autres.")
    _post(fac, piece := f"{desk}/words/{objection}/words/fr", revision=make.revision(fac, piece), text="Je pensais aux enfants")
    page = _get(asha, theme.replace("/en/", "/fr/"))
    assert '<p class="words" lang="fr" dir="ltr">Ne dites rien aux autres.</p>' in page
    assert '<p class="words" lang="en" dir="ltr">Tell only the person.</p>' in page
    assert "Je pensais aux enfants" in _get(fac, f"/fr/objections/{objection}")
    assert "I meant children" not in _get(_in(loop, "lead@tern.org"), theme)
    _post(fac, f"/en/objections/{objection}", words="Changed.")
    _post(fac, piece := f"{desk}/words/{objection}/handled_words/fr", revision=make.revision(fac, piece), text="Corrigé.")
    assert "Corrigé." in _get(asha, theme.replace("/en/", "/fr/"))
    _post(fac, f"/en/consultations/{f['id']}/publish", words="Here")
    _post(fac, f"/en/consultations/{f['id']}/default", company_id=f["tern"], words="Silent in spite of us.")
    default = loop.sql('SELECT id FROM feedback."default"')[0][0]
    _post(fac, piece := f"{desk}/words/{default}/words/fr", revision=make.revision(fac, piece), text="Silence malgré nous.")
    assert "Silence malgré nous." in _get(loop.client(), f"/fr/consultations/{f['id']}/answers")


def test_a_quote_without_a_translation_leads_to_that_of_its_input(loop: Any) -> None:
    """The whole input in the reader's language stands beside; where the quote is the whole input, it is its own."""
    f, fac, asha = loop.facts, _in(loop, "fac@x.org"), _in(loop, "asha@x.org")
    theme = _theme(loop, fac)
    loop.sql("INSERT INTO languages.translation (id, consultation_id, kind, subject_id, field, lang, text, mark, stale) "
             "VALUES (gen_random_uuid(), %s, 'input', %s, 'text', 'fr', 'Toute la maison.', 'reviewed', false)",
             f["id"], f["said"])
    page = _get(asha, theme.replace("/en/", "/fr/"))
    assert page.index("Tell only the person.") < page.index("Toute la maison.")
    loop.sql("UPDATE feedback.excerpt SET quote = %s", SAID)
    page = _get(asha, theme.replace("/en/", "/fr/"))
    assert '<blockquote class="written">\n<p class="words" lang="fr" dir="ltr">Toute la maison.</p>' in page
    assert SAID in page


def test_the_record_keeps_every_version_and_every_day(loop: Any) -> None:
    """Public after publication, like the consultation itself: days promised and kept, versions, owed by name."""
    f, fac = loop.facts, _in(loop, "fac@x.org")
    record = f"/en/consultations/{f['id']}/record"
    assert "No answers yet" in _get(loop.client(), record)
    theme = _theme(loop, fac)
    _answer(loop, "halcyon", theme)
    _sign(loop, "halcyon")
    assert "halcyon will do it." not in _get(loop.client(), record)
    _post(fac, f"/en/consultations/{f['id']}/publish", words="Here")
    _answer(loop, "halcyon", theme, words="halcyon did it.")
    _sign(loop, "halcyon")
    page = _get(loop.client(), record)
    assert page.index("halcyon did it.") < page.index("The version before") < page.index("halcyon will do it.")
    assert page.count("3 days late") == 3, "the publication, the answer, and what Tern owes"
    assert "Owed" in page
    assert "purpose in words" in page
    assert "What the companies answer" in _get(fac, f"/en/consultations/{f['id']}/facilitate")
    for n in range(6):
        _late_theme(loop, n)
    page, more = _get(loop.client(), record), _get(loop.client(), f"{record}?from=5")
    assert "Late 5" not in page
    assert f"{record}?from=5" in page
    assert "Late 5" in more
    assert "purpose in words" not in more
    _get(loop.client(), f"{record}?from=-3")
    loop.sql("UPDATE consultations.consultation SET discovery = 'invitation'")
    assert loop.client().get(record).status_code == 404


def _late_theme(world: Any, number: int) -> None:
    world.sql("INSERT INTO feedback.theme (id, consultation_id, title, summary, lang, addressed, added_reason, place, made_on, "
              "shared_on, published_on, revision) VALUES (gen_random_uuid(), %s, %s, 's', 'en', '{}', '', %s, current_date, "
              "current_date, current_date, 1)", world.facts["id"], f"Late {number}", number + 2)


def test_an_objection_reaches_translators_after_the_facilitator(loop: Any) -> None:
    """Once she has replied, or where she has handed the input over; never one whom the author has refused."""
    f, fac, asha = loop.facts, _in(loop, "fac@x.org"), _in(loop, "asha@x.org")
    loop.sql("UPDATE consultations.consultation SET languages = '{en,fr}'")
    seats = {}
    for name in ("one", "two"):
        who = make.person(loop, f"{name}@x.org", seats=((f["ngo"], "translator"),))
        seats[name] = Translator(id=uuid.uuid4(), consultation_id=f["id"], person_id=who, organisation_id=f["ngo"],
                                      shown_as=name, languages=["fr"], appointed_on=make.today())
    make.add(loop, *seats.values())
    theme, desk = _theme(loop, fac), f"/en/consultations/{f['id']}/translations"
    _post(asha, f"{theme}/inputs/{f['said']}/object", words="Juma is meant", lang="en")
    objection = f"/en/objections/{loop.sql('SELECT id FROM feedback.objection')[0][0]}"
    one, two = _in(loop, "one@x.org"), _in(loop, "two@x.org")
    assert "Juma" not in _get(one, desk) + _get(two, desk)
    assert f"/reading/{f['said']}" in _get(fac, objection), "where she hands it to a translator"
    _post(fac, f"/en/consultations/{f['id']}/reading/{f['said']}/translator", translator=str(seats["one"].id))
    assert "Juma" in _get(one, desk)
    assert "Juma" not in _get(two, desk)
    _post(fac, objection, words="Changed.")
    assert "Juma" in _get(two, desk)
    _post(asha, f"/en/inbox/{f['said']}/refused-translators", translator=str(seats["two"].id))
    assert "Juma" not in _get(two, desk)


def test_a_whole_input_in_a_script_of_several_bytes_a_letter_is_quoted(loop: Any) -> None:
    """Ten thousand Arabic letters in no order: no index holds so much, and none has to."""
    f, fac = loop.facts, _in(loop, "fac@x.org")
    letters = random.Random(1)
    quote = "".join(letters.choice([chr(x) for x in range(0x621, 0x64A)]) for _ in range(10_000))
    loop.sql("UPDATE inputs.input SET text = %s", quote)
    theme, place = _make(loop, fac, "Theme A"), f"/en/consultations/{f['id']}/excerpts/{f['said']}"
    _post(fac, place, theme_id=str(theme), input_id=str(f["said"]), quote=quote)
    assert loop.sql("SELECT quote FROM feedback.excerpt") == [(quote,)]
    _post(fac, place, 422, theme_id=str(theme), input_id=str(f["said"]), quote=quote)


def test_what_was_said_is_not_published_past_without_a_theme(loop: Any) -> None:
    """Not even after the promised day; where nobody spoke, or all took it back, there is nothing to bring to anybody."""
    f, fac = loop.facts, _in(loop, "fac@x.org")
    assert "There is no theme yet" in _get(fac, _desk(loop))
    refused = _post(fac, f"/en/consultations/{f['id']}/publish", 409, words="Now")
    assert "what was said would stay without an answer" in refused
    loop.sql("UPDATE inputs.input SET withdrawn_on = current_date, text = '', shown_as = '', naming = 'unattributed'")
    assert "Nothing blocks publication" in _get(fac, _desk(loop))
    _post(fac, f"/en/consultations/{f['id']}/publish", words="Nobody spoke.")
