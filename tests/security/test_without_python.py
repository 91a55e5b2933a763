"""Row security is the enforcer: with every Python permission check removed, pages show no more than it allows."""

import html
import os
import sys
import uuid
from collections import Counter

import pytest
from tests.security.test_firewall import INSIDE, NUMBER, mark_inside
from tests.security.test_matrix import kept

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


# Pages that break without their checks: each counts or reads rows that the database shows her none of, and says nothing.
BREAKING = {"feedback.default", "people.account", "people.add_app"}
ALTERED = {"feedback.remove_theme"}  # what is planted takes it away


def told(world, who, read={}) -> tuple[str, Counter]:  # noqa: B006 - every page of theirs is read once for all tests here
    """Everything the demo's pages say to this person, and how often each page was answered with which status."""
    if (world.name, who) not in read:
        world.app.testing = False  # a page that breaks without its checks shows our 500
        client, said, how = browser_of(world, who), [], Counter()
        try:
            for endpoint, address in addresses(world):
                answer = client.get(address)
                said.append(words(answer))
                how[endpoint, answer.status_code] += 1
        finally:
            world.app.testing = True
        read[world.name, who] = html.unescape("\n".join(said)), how
    return read[world.name, who]


def lost(who, how) -> list[str]:
    """Pages that broke, and those that let her in less often than with their checks: silent for another reason than row security."""
    open_to_her = Counter()
    for page, of in kept(who).items():
        open_to_her[page.split()[0]] += of[200]
    return [f"{page} breaks" for page, status in how if status >= 500 and page not in BREAKING] + [
        f"{page}: {how[page, 200]} of {number}" for page, number in open_to_her.items() if how[page, 200] < number and page not in ALTERED]


@pytest.fixture(scope="module")
def planted(server, lively, tmp_path_factory):
    """The demo with everything in it, and in it what nobody but its own people may read: for tests that only look."""
    name = f"planted_{os.getpid()}"
    server.create_database(name, template=lively[0])
    world = open_world(server, name, tmp_path_factory.mktemp("planted"), lively[1])
    plant(world)
    mark_inside(world)
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
# Of the fund: the number of each row that stays inside it, by the case that it is about. Whose case it is may read its own.
BY_GRANT = '(SELECT g.application_id FROM fund."grant" g WHERE g.id = grant_id)'
CASES = {**dict.fromkeys(("part", "budget", "payee", "grantee", "score", "remark", "vote", "reason", "grant", "correction", "aside"), "application_id"),
         **dict.fromkeys(("paid-to", "hand", "condition"), BY_GRANT), "letter": "subject_id",
         "translated": "(SELECT p.application_id FROM fund.part p WHERE p.id = subject_id UNION ALL SELECT l.application_id "
                       "FROM fund.budget_line l WHERE l.id = subject_id)"}
MONEY = {"paid-to", "hand", "condition", "grant", "bank"}  # the auditor reads where money went
OF_A_CASE = ("SELECT right({1}, 36) FROM {0} WHERE {1} LIKE 'canary-{2} %%' AND {3} IN (SELECT a.application_id FROM fund.applicant a "
             "JOIN organisations.organisation o ON o.id = a.organisation_id WHERE position(%s IN lower(o.name)) = 0)")
SECRETS |= {f"fund: {mark}": (OF_A_CASE.format(*INSIDE[mark][:2], mark, case), {"auditor"} if mark in MONEY else set())
            for mark, case in CASES.items()}
SECRETS |= {"fund: bank": ("SELECT right(bank_reference, 36) FROM fund.receipt LEFT JOIN organisations.organisation o ON o.id = company_id "
                           "WHERE bank_reference LIKE 'canary-bank %%' AND position(%s IN lower(coalesce(o.name, ''))) = 0", {"auditor"}),
            "fund: scores": (f"SELECT '{NUMBER}'", set())}


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
    hidden, (said, how) = secrets_from(planted, who), told(planted, who)
    assert len({kind for kind, _line in hidden}) >= 6 + len(CASES) - len(MONEY)
    assert lost(who, how) == []
    read = sorted({kind for kind, line in hidden if line in said})
    assert read == [], f"{who} reads this once Python stops checking: row security does not hold"


@pytest.mark.parametrize(("who", "kinds"), [
    pytest.param("facilitator", ("unread inputs", "objections", "why a sealed identity is to be opened"), marks=pytest.mark.slow),
    pytest.param("lead", ("drafts of other companies", "what other companies' drafts change", "measures of other companies' drafts",
                          "what is remarked in other companies"), marks=pytest.mark.slow),
    pytest.param("coordinator", tuple(f"fund: {mark}" for mark in ("part", "grantee", "grant")), marks=pytest.mark.slow),
    pytest.param("auditor", tuple(f"fund: {mark}" for mark in sorted(MONEY)), marks=pytest.mark.slow)])
def test_who_may_does_read_them(planted, unguarded, who, kinds) -> None:
    """The crawl reaches the pages where these texts stand, so their absence elsewhere means something; of the fund, see test_firewall.py."""
    (said, _how), house = told(planted, who), house_of(who)
    for kind in kinds:
        sql, may = SECRETS[kind]
        sql = sql if who in may else sql.replace("= 0", "> 0")  # of houses her own
        found = [text.split("\n")[0] for (text,) in planted.sql(sql, *([house] if "%s" in sql else []))]
        assert any(line in said for line in found if line), f"{who} herself does not read {kind}"


@pytest.mark.parametrize(("how", "said"), [
    ({}, ["home: 0 of 2"]), ({("home", 200): 2, ("cases", 500): 1}, ["cases breaks"]),
    ({("home", 200): 2, ("feedback.default", 500): 1}, [])])
def test_a_page_that_is_silent_because_it_broke_is_found(monkeypatch, how, said) -> None:
    written = {"home": Counter({200: 1}), "home own": Counter({200: 1}), "away other": Counter({404: 1})}
    monkeypatch.setitem(globals(), "kept", lambda who: written)
    assert lost("lead", Counter(how)) == said
