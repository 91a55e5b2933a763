"""Who meets which word: everything that somebody said, or is, carries a mark of its own; then everybody looks everywhere.

Each author has her own organisation, so that a name of it beside her words would tell. `MAY` says who may meet what she
said; how she is named may be met where she chose it and nowhere else.
"""

import io
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from tests import make, make_fund, make_grants, make_vault

from polyphony.feedback.models import Answer, Excerpt, Theme
from polyphony.inputs import rules
from polyphony.inputs.models import AUDIENCES, NAMINGS, Original
from polyphony.kernel import secrets
from polyphony.people.models import Phrase
from polyphony.people.models import Session as LoginSession

# Who may meet what was said to each audience, besides its author.
MAY = {
    "facilitator": {"facilitator"}, "chosen": {"facilitator", "halcyon", "translator"},
    "companies": {"facilitator", "halcyon", "tern", "translator"},
    "participants": {"facilitator", "halcyon", "tern", "translator", "colleague", "phrase"},
    "public": {"facilitator", "halcyon", "tern", "translator", "colleague", "phrase", "outsider", "steward", "auditor", "visitor", "fund office",
               "keyholder ann", "keyholder ben"},
}
EVERYBODY = MAY["public"]
# Everything else that was planted: who may meet it.
OTHERS = {
    "masked": {"facilitator"},  # and its author
    "draft": {"halcyon"}, "vault": set(), "outside": {"facilitator", "keyholder ann", "keyholder ben"}, "metadata": set(), "filename": set(),
    "grant-full": EVERYBODY, "grant-no_name": {"fund office", "auditor"}, "grant-region": {"fund office", "auditor"}, "grant-aggregate": {"fund office", "auditor"},
}
MARK = re.compile(r"(?:said|person|pen|house|plant)-[\w-]+-mark")
LINK = re.compile(r'(?:href|action|src)="([^"#]+)')
LEAVES = re.compile(r"/(?:sign-out|leave|left)\b|/static/")


class Place:
    """A consultation in which everything is marked, and everybody who might look."""

    def __init__(self, world: Any, audiences: tuple[str, ...] = AUDIENCES) -> None:
        self.world, self.authors, self.clients = world, {}, {"visitor": world.client()}
        self.firms = {name: make.organisation(world, name.title()) for name in ("halcyon", "tern")}
        body, other, masar = (make.organisation(world, name, kind) for name, kind in (
            ("Open Table", "facilitation"), ("Other Circle", "stakeholder"), ("Masar", "stakeholder")))
        for who, org, role in (("facilitator", body, "facilitator"), ("halcyon", self.firms["halcyon"], "engagement_lead"),
                               ("tern", self.firms["tern"], "engagement_lead"), ("colleague", other, "coordinator"),
                               ("translator", masar, "translator")):
            self._come(who, seats=((org, role),))
        self._come("outsider")
        self._come("steward", roles=("steward",))
        self._come("auditor", roles=("auditor",))
        self.keys = [(n, a) for n in NAMINGS for a in audiences]
        houses = {key: make.organisation(world, f"house-{'-'.join(key)}-mark", "stakeholder") for key in self.keys}
        self.about = make.consultation(world, list(self.firms.values()), facilitator=body, discovery="listed", accountless=True,
                                       invited=(other, *houses.values()))
        self._appoint(masar)
        self.theme = Theme(id=uuid.uuid4(), consultation_id=self.about, title="A theme", summary="What was said", lang="en",
                           addressed=list(self.firms.values()), place=1, made_on=make.today(), shared_on=make.today(),
                           published_on=make.today())
        make.add(world, self.theme)
        for key in self.keys:
            self._member(key, houses[key])
        for audience in audiences:
            for naming in rules.PHRASE_NAMINGS:
                self._phrase(naming, audience)
        self._answer()

    def _come(self, who: str, **seats: Any) -> uuid.UUID:
        address = f"{who.replace(' ', '.')}@x.example"
        made = make.person(self.world, address, f"Somebody {who}", **seats)
        self.clients[who] = self._opened(made)
        return made

    def _opened(self, person: uuid.UUID) -> Any:
        return self._with(make.session_of(self.world, person))

    def _with(self, key: bytes) -> Any:
        client = self.world.client()
        with client.session_transaction() as session:
            session["key"] = secrets.text_of(key)
        return client

    def _appoint(self, masar: uuid.UUID) -> None:
        from polyphony.consultations.models import Translator

        (who,) = self.world.sql("SELECT person_id FROM organisations.membership WHERE organisation_id = %s", masar)[0]
        make.add(self.world, Translator(id=uuid.uuid4(), consultation_id=self.about, person_id=who, organisation_id=masar,
                                        shown_as="Masar", languages=["sw"], appointed_on=make.today()))

    def _member(self, key: tuple[str, str], house: uuid.UUID) -> None:
        label = "-".join(key)
        who = make.person(self.world, f"{label}@x.example", f"person-{label}-mark", seats=((house, "coordinator"),))
        named = {"name": f"person-{label}-mark", "organisation": f"house-{label}-mark", "pseudonym": f"pen-{label}-mark"}
        self._said(label, key, {"person_id": who}, named)
        self.clients[f"author {label}"] = self._opened(who)

    def _phrase(self, naming: str, audience: str) -> None:
        label = f"phrase-{naming}-{audience}"
        phrase, key = uuid.uuid4(), uuid.uuid4().bytes
        make.add(self.world, Phrase(id=phrase, verifier=uuid.uuid4().bytes, consultation_id=self.about, language="en", day=make.today()),
                 LoginSession(id=uuid.uuid4(), token_hash=secrets.digest(key), phrase_id=phrase, began_at=make.now(), seen_at=make.now()))
        self._said(label, (naming, audience), {"phrase_id": phrase}, {"name": "", "organisation": "", "pseudonym": f"pen-{label}-mark"})
        self.clients[f"author {label}"] = self._with(key)
        self.clients.setdefault("phrase", self.clients[f"author {label}"])

    def _said(self, label: str, key: tuple[str, str], author: dict[str, Any], named: dict[str, str]) -> None:
        naming, audience = key
        self.authors[label] = key
        made = make.input_(
            self.world, self.about, text=f"said-{label}-mark is what I say.", audience=audience, naming=naming, masked=naming == "name",
            shown_as=rules.shown_as(naming, **named), addressed=list(self.firms.values()),
            readers=[self.firms["halcyon"]] if audience == "chosen" else [], **author)
        if audience != "facilitator":
            make.add(self.world, Excerpt(id=uuid.uuid4(), theme_id=self.theme.id, input_id=made, consultation_id=self.about,
                                         quote=f"said-{label}-mark", placed_on=make.today()))
        if naming == "name":
            make.add(self.world, Original(input_id=made, consultation_id=self.about, text=f"plant-masked-{label}-mark", reason="A third person"))

    def _answer(self) -> None:
        make.add(self.world, Answer(
            id=uuid.uuid4(), theme_id=self.theme.id, company_id=self.firms["halcyon"], consultation_id=self.about, number=1, state="draft",
            decision="adopted", reason_kind="", words="plant-draft-mark", changes="plant-draft-mark", lang="en", signed_as="", late_days=0,
            revision=1))

    # Who may meet what.
    def may(self, who: str, mark: str) -> bool:
        kind, label = mark.split("-", 1)[0], mark.split("-", 1)[1].removesuffix("-mark")
        if kind == "plant":
            base = label.split("-")[0] if not label.startswith("grant-") else label
            return who in OTHERS[base] or OTHERS[base] is EVERYBODY or who == f"author {label.removeprefix('masked-')}" or who == f"applicant {label}"
        naming, audience = self.authors[label]
        if who == f"author {label}" or (who == "phrase" and self.clients[who] is self.clients.get(f"author {label}")):
            return True
        readers = MAY[audience] | ({f"author {x}" for x in self.authors} if audience in ("participants", "public") else set())
        if kind == "house":  # that an organisation exists is no secret: what stands beside it is looked at by page
            return True
        return who in readers and (kind == "said" or {"person": "name", "pen": "pseudonym"}[kind] == naming)


def marks(answer: Any) -> set[str]:
    """Every mark in an answer, in its body as in its head, however it is written."""
    body = answer.get_data()
    return set(MARK.findall(body.decode("utf-8", "replace") + str(answer.headers)))


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
        if who in EVERYBODY - {"facilitator"} and {f"said-{label}-mark", f"house-{label}-mark"} <= met and naming != "organisation":
            wrong.append(f"{who} meets house-{label}-mark beside what was said at {address}")
    return wrong


def everything_wrong(place: Place, people: list[str], *, fragments: bool) -> tuple[list[str], set[tuple[str, str]]]:
    """What anybody should not have met, wherever anybody could look; and who met what at all."""
    begun = {"/en/", "/en/home", f"/en/consultations/{place.about}", "/en/no/such/place", f"/en/themes/{place.theme.id}",
             f"/en/themes/{place.theme.id}/answer/{place.firms['halcyon']}", "/en/audit", "/en/audit/file", "/en/fund"}
    begun |= {f"/en/consultations/{place.about}/reading/{id}" for (id,) in place.world.sql("SELECT id FROM inputs.input")}
    found = {who: looked(place.clients[who], begun) for who in people}
    every = set().union(*found.values())
    wrong, met = [], set()
    for who in people:
        for address in sorted(every):  # what one finds, everybody else may guess
            answers = [found[who].get(address) or place.clients[who].get(address)]
            if fragments:
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
def whole(world: Any) -> Iterator[Place]:
    """Everything: every audience, a file with words in its metadata, an identity in the vault, grants of each level."""
    place = Place(world)
    _plant_file(place)
    _plant_identity(place)
    _plant_grants(place)
    return place


def _plant_file(place: Place) -> None:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    about, out = PngInfo(), io.BytesIO()
    about.add_text("Author", "plant-metadata-mark")
    Image.new("RGB", (8, 8), "red").save(out, "PNG", pnginfo=about)
    client = place.clients["author name-public"]
    at = f"/en/consultations/{place.about}/say"
    answer = client.post(at, data={"text": "Something with a picture.", "lang": "en", "other": "",
                                   "files": (io.BytesIO(out.getvalue()), "plant-filename-mark.png")}, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    choices = {"addressed": [str(x) for x in place.firms.values()], "audience": "public", "naming": "unattributed", "speaks_as": "affected",
               "pseudonym": ""}
    assert client.post(f"{at}/choices", data=choices).status_code == 303
    sent = client.post(f"{at}/check", data={"once": str(uuid.uuid4())})
    assert sent.status_code == 303, sent.get_data(as_text=True)
    place.world.sql("UPDATE inputs.input SET read_on = current_date WHERE read_on IS NULL")
    place.world.work()


def _plant_identity(place: Place) -> None:
    holders = [make_vault.keyholder(place.world, name, make.organisation(place.world, f"Keys of {name}", "stakeholder")) for name in ("ann", "ben")]
    make_vault.circle(place.world, place.about, holders)
    left = place.clients["author unattributed-public"].post(f"/en/consultations/{place.about}/identity", data={
        **{name: f"plant-vault-{name}-mark" for name in make_vault.TOLD}, "outside": "plant-outside-mark", "agree": "y"})
    assert left.status_code == 303, left.get_data(as_text=True)
    for holder, name in zip(holders, ("ann", "ben"), strict=True):
        place.clients[f"keyholder {name}"] = place._opened(holder["person"])


def _plant_grants(place: Place) -> None:
    make_fund.fund(place.world)
    make_grants.received(place.world, 90_000_00)
    for level in ("full", "no_name", "region", "aggregate"):
        for number in range(1 if level in ("full", "no_name") else 6):
            made = make_grants.grant(place.world, make.organisation(place.world, f"Circle {level} {number}", "stakeholder"),
                                     100_00 + number, level=level)
            with place.world.raw.begin() as connection:  # a title never changes, so it is put past the trigger
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
                connection.exec_driver_sql(f"UPDATE fund.\"grant\" SET title = 'plant-grant-{level}-mark' WHERE id = '{made}'")
    place.clients["fund office"] = place._opened(place.world.facts["admin"])


@pytest.mark.slow
def test_nobody_meets_more_than_was_meant_for_her_anywhere(whole: Place) -> None:
    """The whole crawl: every page and fragment by everybody, every mail, every file name, every row of the audit."""
    people = [who for who in whole.clients if not who.startswith("author ")] + ["author name-chosen", "author pseudonym-participants",
                                                                               "author phrase-unattributed-public"]
    wrong, met = everything_wrong(whole, people, fragments=True)
    assert wrong == [], "\n".join(wrong[:40])
    assert {("facilitator", "plant-masked-name-public-mark"), ("visitor", "plant-grant-full-mark"), ("fund office", "plant-grant-region-mark"),
            ("facilitator", "plant-outside-mark")} <= met, "the crawl reaches them"
    whole.world.work()
    assert [mark for mail in whole.world.mails() for mark in MARK.findall(mail)] == [], "a mail says that there is something, never what"
    kept = [str(path) for path in Path(whole.world.settings.var).rglob("*")]
    assert MARK.findall("\n".join(kept)) == [], "the name of a file says nothing"
    rows = "\n".join(str(row) for row in whole.world.sql('SELECT to_jsonb(r)::text FROM audit."row" r'))
    assert MARK.findall(rows) == []
