"""Row security is the enforcer: with every Python permission check removed, pages show no more than it allows."""

import html
import os
import sys
import uuid

import pytest

import make
from conftest import open_world
from crawl import PEOPLE, addresses, browser_of, words
from polyphony.feedback.models import Answer, Comment, Excerpt, Measure, Objection
from polyphony.kernel import access


@pytest.fixture
def unguarded(monkeypatch):
    """The house with its doors taken out: no access rule, no permission check, in whichever room it is asked."""
    kept = access.require
    monkeypatch.setattr(access, "enforce", lambda: None)
    rooms = keeping(kept)
    for module in rooms:
        monkeypatch.setattr(module, "require", lambda permitted, otherwise: None)
    assert len(rooms) > 30, "almost every room asks"
    assert keeping(kept) == [], "a room still asks"


def keeping(check):
    """The modules that have this permission check, by whatever name they call it."""
    return [module for name, module in sorted(sys.modules.items()) if name.startswith("polyphony.")
            and any(each is check for each in vars(module).values())]


def told(world, who, kept={}) -> str:  # noqa: B006 - every page of theirs is read once for all tests here
    """Everything the demo's pages say to this person."""
    if (world.name, who) not in kept:
        world.app.testing = False  # a page that breaks without its checks shows our 500, which tells nothing
        client = browser_of(world, who)
        try:
            kept[world.name, who] = html.unescape("\n".join(words(client.get(x)) for _, x in addresses(world)))
        finally:
            world.app.testing = True
    return kept[world.name, who]


@pytest.fixture(scope="module")
def planted(server, lively, tmp_path_factory):
    """The demo with everything in it, and in it what nobody but its own people may read: for tests that only look."""
    name = f"planted_{os.getpid()}"
    server.create_database(name, template=lively[0])
    world = open_world(server, name, tmp_path_factory.mktemp("planted"), lively[1])
    plant(world)
    yield world
    world.close()
    server.drop_database(name)


def plant(world) -> None:
    """Drafts of every company, and somebody of whom every page is silent."""
    rows, today = [], make.today()
    (somebody,) = world.sql("SELECT id FROM people.person LIMIT 1")[0]
    (house,) = world.sql("SELECT id FROM organisations.organisation WHERE name LIKE 'Derechos%%'")[0]
    author = make.person(world, "nobody@derechos.example", AUTHOR, seats=((house, "contributor"),))
    for theme, here, company, name in world.sql(
            "SELECT t.id, t.consultation_id, c.company_id, o.name FROM feedback.theme t JOIN consultations.convener c USING "
            "(consultation_id) JOIN organisations.organisation o ON o.id = c.company_id"):
        of = {"theme_id": theme, "company_id": company}
        draft = Answer(id=uuid.uuid4(), consultation_id=here, state="draft", number=9, words=f"Drafted by {name}.",
                       changes=f"Changes as {name} sees them.", lang="en", **of)
        rows += [draft, Comment(id=uuid.uuid4(), at=make.now(), shown_as="Somebody", person_id=somebody,
                                words=f"Remarked inside {name}.", **of),
                 Measure(id=uuid.uuid4(), answer_id=draft.id, consultation_id=here, owner="product", due_on=today, lang="en",
                         what=f"Promised by {name} as soon as it signs.", **of)]
    for theme, here in world.sql("SELECT id, consultation_id FROM feedback.theme"):
        said = make.input_(world, here, person_id=author, audience="public", text="What many here say.")
        of = {"theme_id": theme, "input_id": said, "consultation_id": here}
        rows += [Excerpt(id=uuid.uuid4(), quote="", placed_on=today, **of),
                 Objection(id=uuid.uuid4(), lang="en", day=today, words=OBJECTION, **of)]
    make.add(world, *rows)


AUTHOR, OBJECTION = "Zuhura of whom nobody knows", "This was planted as not what I meant."
# What stands where, and who may read it: nobody else does, whatever becomes of Python.
OF_COMPANIES = "SELECT '{}' || name || '{}' FROM organisations.organisation WHERE kind = 'company' AND position(%s IN lower(name)) = 0"
SECRETS = {
    "unread inputs": ("SELECT left(text, 40) FROM inputs.input WHERE read_on IS NULL AND audience <> 'public'", {"facilitator"}),
    "facilitator-only inputs": ("SELECT left(text, 40) FROM inputs.input WHERE audience = 'facilitator'", {"facilitator"}),
    "reasons of masking": ("SELECT reason FROM inputs.original", {"facilitator"}),
    "masked words": ("SELECT line FROM inputs.original o JOIN inputs.input i ON i.id = o.input_id, "
                     "regexp_split_to_table(o.text, E'\\n') line WHERE position(line IN i.text) = 0", {"facilitator"}),
    "drafts of other companies": (OF_COMPANIES.format("Drafted by ", "."), set()),
    "what other companies' drafts change": (OF_COMPANIES.format("Changes as ", " sees them"), set()),
    "measures of other companies' drafts": (OF_COMPANIES.format("Promised by ", " as soon as it signs."), set()),
    "what is remarked in other companies": (OF_COMPANIES.format("Remarked inside ", "."), set()),
    "who wrote an input": (f"SELECT '{AUTHOR}'", set()),
    "objections": (f"SELECT '{OBJECTION}'", {"facilitator", "translator"}),
    "why a sealed identity is to be opened": ("SELECT reason FROM vault.opening", {"facilitator"}),
    "sealed identities": ("SELECT encode(substr(ciphertext, 1, 20), 'hex') FROM vault.sealed UNION ALL SELECT left(encode("
                          "ciphertext, 'base64'), 24) FROM vault.sealed", set()),
}


def house_of(who) -> str:
    """The organisation of this person, as its name begins."""
    return PEOPLE[who].partition("@")[2].partition(".")[0] or "nobody"


def secrets_from(world, who) -> list[tuple[str, str]]:
    """Every first line that this person must not read, with its kind."""
    house = house_of(who)
    return [(kind, line) for kind, (sql, may) in SECRETS.items() if who not in may
            for (text,) in world.sql(sql, *([house] if "%s" in sql else []))
            for line in text.split("\n")[:1] if line]


@pytest.mark.parametrize("who", ["visitor", *(
    pytest.param(who, marks=pytest.mark.slow) for who in ("lead", "translator", "decider", "coordinator", "facilitator", "steward", "auditor"))])
def test_pages_without_python_checks_tell_no_more(planted, unguarded, who) -> None:
    kept, said = secrets_from(planted, who), told(planted, who)
    assert len({kind for kind, _line in kept}) >= 6
    read = sorted({kind for kind, line in kept if line in said})
    assert read == [], f"{who} reads this once Python stops checking: row security does not hold"


@pytest.mark.parametrize(("who", "kinds"), [
    pytest.param("facilitator", ("unread inputs", "objections", "why a sealed identity is to be opened"), marks=pytest.mark.slow),
    pytest.param("lead", ("drafts of other companies", "what other companies' drafts change", "measures of other companies' drafts",
                          "what is remarked in other companies"), marks=pytest.mark.slow)])
def test_who_may_does_read_them(planted, unguarded, who, kinds) -> None:
    """The crawl reaches the pages where these texts stand, so their absence elsewhere means something."""
    said, house = told(planted, who), house_of(who)
    for kind in kinds:
        sql = SECRETS[kind][0].replace("= 0", "> 0")  # of companies her own
        found = [text.split("\n")[0] for (text,) in planted.sql(sql, *([house] if "%s" in sql else []))]
        assert any(line in said for line in found if line), f"{who} herself does not read {kind}"
