"""Who meets which word: everything that somebody said, or is, carries a mark of its own; then everybody looks everywhere.

What is planted, and who may meet it, stands in tests/security/planting.py.
"""

import re
from collections.abc import Iterable
from email import message_from_string, policy
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from tests import make
from tests.security.planting import Place, everything

from crawl import words
from polyphony.inputs import rules
from polyphony.kernel.access import access, anyone
from polyphony.notices import tasks

MARK = re.compile(r"(?:said|person|pen|house|plant)-[\w-]+-mark")
LINK = re.compile(r'(?:href|action|src)="([^"#]+)')
# What the whole crawl must come upon, of each who may meet something that is not for everybody.
SURELY = {
    ("facilitator", "plant-masked-name-public-mark"), ("facilitator", "plant-outside-mark"), ("visitor", "plant-grant-full-mark"),
    ("halcyon", "plant-draft-mark"), ("decider", "plant-draft-mark"), ("contributor", "said-name-participants-mark"),
    ("author name-chosen", "said-name-chosen-mark"), ("reviewer", "plant-score-mark"),
    *((who, "plant-case-mark") for who in ("applicant case", "fund office", "member", "reviewer")),
    *((who, "plant-grant-region-mark") for who in ("applicant grant-region", "fund office", "treasurer", "approver", "releaser")),
}
LEAVES = re.compile(r"/(?:sign-out|leave|left)\b|/static/")


def marks(answer: Any) -> set[str]:
    """Every mark in an answer, in its body as in its head, also where it is packed."""
    return set(MARK.findall(words(answer) + str(answer.headers)))


def looked(client: Any, begun: set[str], most: int = 400) -> dict[str, Any]:
    """Every address that a browser finds from these on, with its answer."""
    seen: dict[str, Any] = {}
    waiting = sorted(begun)
    while waiting and len(seen) < most:
        address = waiting.pop(0)
        if address in seen or LEAVES.search(address) or not address.startswith("/en"):
            continue
        seen[address] = client.get(address)
        if seen[address].mimetype == "text/html":
            for each in LINK.findall(seen[address].get_data(as_text=True)):
                parts = urlsplit(urljoin(f"http://localhost{address}", each.replace("&amp;", "&")))
                if parts.netloc == "localhost":
                    waiting.append(parts.path + (f"?{parts.query}" if parts.query else ""))
    return seen


def wrong_on(place: Place, who: str, address: str, answer: Any) -> list[str]:
    """What this person should not have met in this answer."""
    met = marks(answer)
    wrong = [f"{who} meets {mark} at {address}" for mark in sorted(met) if not place.may(who, mark)]
    for label, (naming, _) in place.authors.items():  # a house beside words for which it did not stand
        if not who.startswith(("author ", "facilitator")) and {f"said-{label}-mark", f"house-{label}-mark"} <= met and naming != "organisation":
            wrong.append(f"{who} meets house-{label}-mark beside what was said at {address}")
    return wrong


def everything_wrong(place: Place, people: list[str], *, fragments: bool, more: Iterable[str] = ()) -> tuple[list[str], set[tuple[str, str]]]:
    """What anybody should not have met, wherever anybody could look; and who met what at all."""
    begun = {"/en/", "/en/home", f"/en/consultations/{place.about}", "/en/no/such/place", f"/en/themes/{place.theme.id}",
             f"/en/themes/{place.theme.id}/answer/{place.firms['halcyon']}", "/en/audit", "/en/audit/file", "/en/fund", "/en/my-data/file",
             f"/en/fund?on={make.today().isoformat()}", "/en/fund?q=plant", *more}
    begun |= {f"/en/consultations/{place.about}/reading/{id}" for (id,) in place.world.sql("SELECT id FROM inputs.input")}
    place.world.sql(make.WHOLE)  # however long it took until here, everybody has just shown that it is she
    found = {who: looked(place.clients[who], begun) for who in people}
    every = set().union(*found.values())
    wrong, met = [], set()
    for who in people:
        for address in sorted(every):  # what one finds, everybody else may guess
            answers = [found[who].get(address) or place.clients[who].get(address)]
            if fragments and answers[0].status_code == 200:
                answers.append(place.clients[who].get(address, headers={"HX-Request": "true", "HX-Target": "main"}))
            for answer in answers:
                met |= {(who, mark) for mark in marks(answer)}
                wrong += wrong_on(place, who, address, answer)
    return wrong, met


def test_nobody_meets_more_than_was_meant_for_her(world: Any) -> None:
    """The small crawl: two audiences, all ways of naming, those from whom most is kept."""
    place = Place(world, ("chosen", "public"))
    wrong, met = everything_wrong(place, ["halcyon", "visitor"], fragments=False)
    assert wrong == []
    assert ("visitor", "said-unattributed-public-mark") in met, "the crawl reaches what is public"
    assert ("halcyon", "said-name-chosen-mark") in met
    assert ("halcyon", "plant-draft-mark") in met


def test_a_naming_filter_that_is_gone_is_found(world: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(rules, "shown_as", lambda naming, *, name, organisation, pseudonym: name)
    wrong, _ = everything_wrong(Place(world, ("public",)), ["visitor"], fragments=False)
    assert any("person-pseudonym-public-mark" in each for each in wrong)
    assert any("person-unattributed-public-mark" in each for each in wrong)


def test_a_page_that_tells_is_found(world: Any) -> None:
    world.app.add_url_rule("/<lang>/planted", "planted", access(anyone)(lambda: "plant-draft-mark"))
    wrong, _ = everything_wrong(Place(world, ("chosen",)), ["halcyon", "contributor"], fragments=False, more=["/en/planted"])
    assert wrong == ["contributor meets plant-draft-mark at /en/planted"]


def test_the_page_before_sending_shows_how_others_will_name_her(world: Any) -> None:
    place = Place(world, ("public",))
    client, at = place.clients["author name-public"], f"/en/consultations/{place.about}/say"
    assert client.post(at, data={"text": "What I say.", "lang": "en", "other": ""}).status_code == 303
    for naming, pseudonym, shown in (("pseudonym", "Jua", "Jua"), ("organisation", "", "house-name-public-mark"), ("unattributed", "", None)):
        chosen = {"addressed": [str(x) for x in place.firms.values()], "audience": "public", "naming": naming, "speaks_as": "affected",
                  "pseudonym": pseudonym}
        assert client.post(f"{at}/choices", data=chosen).status_code == 303
        line = re.search(r"How shall we name you\?</dt><dd>(.*?)</dd>", client.get(f"{at}/check").get_data(as_text=True))
        assert line
        assert re.findall(r"<bdi>(.*?)</bdi>", line[1]) == ([shown] if shown else [])


@pytest.fixture
def whole(world: Any) -> Place:
    """Everything: every audience, a file, an identity in the vault, grants, a case, and mail for everybody."""
    return everything(Place(world))


def doors(place: Place) -> dict[str, str]:
    """For each that looks, a page that opens to her and to no visitor: a crawl that is sent away everywhere proves nothing."""
    about, fund = f"/en/consultations/{place.about}", f"/en/fund/{place.world.facts['fund']}"
    call, case = f"/en/fund/calls/{place.facts['call']}", place.facts["case"]
    draft = f"/en/themes/{place.theme.id}/answer/{place.firms['halcyon']}"
    found = {"facilitator": f"{about}/reading", "halcyon": draft, "decider": draft, "tern": f"{about}/our-answers", "colleague": f"{about}/say",
             "contributor": f"{about}/say", "translator": f"{about}/translations", "outsider": "/en/account", "steward": "/en/holds",
             "auditor": "/en/audit", "phrase": f"{about}/say", "fund office": f"{call}/applications", "fund translator": f"/en/consultations/{place.facts['call']}/translations",
             "member": f"/en/fund/cases/{case}", "reviewer": f"/en/fund/reviews/{case}", "treasurer": f"{fund}/money",
             "approver": f"{fund}/payments", "releaser": f"{fund}/payments"}
    return found | {who: "/en/keyholders" if who.startswith("keyholder") else "/en/my-data" for who in place.clients
                    if who.startswith(("author ", "applicant ", "keyholder "))}


@pytest.mark.slow
def test_nobody_meets_more_than_was_meant_for_her_anywhere(whole: Place) -> None:
    """The whole crawl: every page and fragment by everybody, every file name, every row of the audit."""
    some = {"author name-chosen", "author pseudonym-participants", "author phrase-unattributed-public", "applicant case", "applicant grant-region"}
    people = [who for who in whole.clients if who in some or not who.startswith(("author ", "applicant "))]
    shut = [who for who in people if who != "visitor" and whole.clients[who].get(doors(whole)[who]).status_code != 200]
    assert shut == [], "everybody is signed in as whom she looks"
    assert {whole.clients["visitor"].get(address).status_code for address in {*doors(whole).values()} - {"/en/keyholders"}} <= {403, 404}
    wrong, met = everything_wrong(whole, people, fragments=True, more=doors(whole).values())
    assert wrong == [], "\n".join(wrong[:40])
    assert SURELY - met == set(), "the crawl reaches them"
    kept = [str(path) for path in Path(whole.world.settings.var).rglob("*")]
    assert MARK.findall("\n".join(kept)) == [], "the name of a file says nothing"
    rows = "\n".join(str(row) for row in whole.world.sql('SELECT to_jsonb(r)::text FROM audit."row" r'))
    assert MARK.findall(rows) == []


def in_mails(place: Place) -> set[tuple[str, str]]:
    """Every mark in a mail, in its head as in its body, however it is encoded, and to whom it goes."""
    read = [message_from_string(mail, policy=policy.default) for mail in place.world.mails()]
    return {(str(mail["To"]), mark) for mail in read for mark in MARK.findall(f"{mail.items()} {mail.get_content()}")}


@pytest.mark.slow
def test_a_mail_says_that_there_is_something_and_never_what(world: Any) -> None:
    """Everybody asked for mail, and everything that sends one has happened."""
    place = everything(Place(world, ("public",)))
    kinds = {kind for (kind,) in world.sql("SELECT kind FROM notices.notice WHERE mail = 'sent'")}
    assert len(kinds) > 30
    assert len(world.mails()) > 50
    assert in_mails(place) == {("new@x.example", "house-name-public-mark"), ("name-public@x.example", "person-name-public-mark")}, \
        "who is invited reads by whom, and who forgot her password her own name"


@pytest.mark.slow
def test_a_mail_that_tells_is_found(world: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(tasks, "_", lambda text, **kw: f"{text} said-unattributed-public-mark")
    assert ("colleague@x.example", "said-unattributed-public-mark") in in_mails(everything(Place(world, ("public",))))


def test_what_is_packed_is_looked_into(world: Any) -> None:
    place = Place(world, ("chosen",))
    answer = place.clients["author name-chosen"].get("/en/my-data/file")
    assert answer.mimetype == "application/zip"
    assert {"said-name-chosen-mark", "person-name-chosen-mark"} <= marks(answer)
    assert MARK.findall(answer.get_data().decode("utf-8", "replace")) == [], "which nobody would find in the file as it is"
