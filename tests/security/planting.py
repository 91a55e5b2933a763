"""A consultation and a fund in which everything carries a mark of its own, everybody who might look, and who may meet what.

Each author has her own organisation, so that a name of it beside her words would tell. `MAY` says who may meet what she
said; how she is named may be met where she chose it and nowhere else.
"""

import io
import uuid
from itertools import cycle
from typing import Any

from tests import make, make_fund, make_grants, make_vault

from polyphony.feedback.models import Answer, Excerpt, Theme
from polyphony.fund.reviewing.models import Assignment, Score
from polyphony.inputs import rules
from polyphony.inputs.models import AUDIENCES, NAMINGS, Original
from polyphony.kernel import secrets
from polyphony.kernel.database import db
from polyphony.notices.models import KINDS
from polyphony.notices.readers import GROUPS
from polyphony.notices.service import tell
from polyphony.people.models import Phrase
from polyphony.people.models import Session as LoginSession

# Who may meet what was said to each audience, besides its author; what is public is for everybody.
MAY = {"facilitator": {"facilitator"}, "chosen": {"facilitator", "halcyon", "decider", "translator"}}
MAY["companies"] = MAY["chosen"] | {"tern"}
MAY["participants"] = MAY["companies"] | {"colleague", "contributor", "phrase"}
MONEY = {"fund office", "member", "treasurer", "approver", "releaser", "auditor"}
# Everything else that was planted, but for what everybody may meet: who may meet it, besides whose it is.
OTHERS: dict[str, set[str]] = {
    "masked": {"facilitator"}, "draft": {"halcyon", "decider"}, "vault": set(), "outside": {"facilitator", "keyholder ann", "keyholder ben"},
    "metadata": set(), "filename": set(), "grant-no_name": MONEY, "grant-region": MONEY, "grant-aggregate": MONEY,
    "case": {"fund office", "fund translator", "member", "reviewer"}, "score": {"reviewer"},
}
HANDS = {"fund office": "admin", "fund translator": "translator", "member": "member1", "reviewer": "reviewer1",
         **{name: name for name in ("treasurer", "approver", "releaser")}}


class Place:
    """A consultation in which everything is marked, and everybody who might look."""

    def __init__(self, world: Any, audiences: tuple[str, ...] = AUDIENCES) -> None:
        self.world, self.authors, self.clients, self.facts = world, {}, {"visitor": world.client()}, {}
        self.firms = {name: make.organisation(world, name.title()) for name in ("halcyon", "tern")}
        body, other, masar = (make.organisation(world, name, kind) for name, kind in (
            ("Open Table", "facilitation"), ("Other Circle", "stakeholder"), ("Masar", "stakeholder")))
        for who, org, role in (("facilitator", body, "facilitator"), ("halcyon", self.firms["halcyon"], "engagement_lead"),
                               ("decider", self.firms["halcyon"], "decision_maker"), ("tern", self.firms["tern"], "engagement_lead"),
                               ("colleague", other, "coordinator"), ("contributor", other, "contributor"), ("translator", masar, "translator")):
            self.come(who, seats=((org, role),))
        self.come("outsider")
        self.come("steward", roles=("steward",))
        self.come("auditor", roles=("auditor",))
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

    def come(self, who: str, **seats: Any) -> uuid.UUID:
        address = f"{who.replace(' ', '.')}@x.example"
        made = make.person(self.world, address, f"Somebody {who}", **seats)
        self.clients[who] = self.opened(made)
        return made

    def opened(self, person: uuid.UUID) -> Any:
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
        self.clients[f"author {label}"] = self.opened(who)

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
            base = label if label.startswith("grant-") else label.split("-")[0]
            return label == "grant-full" or who in OTHERS[base] or who in (f"author {label.removeprefix('masked-')}", f"applicant {label}")
        naming, audience = self.authors[label]
        if kind == "house" or who == f"author {label}" or (who == "phrase" and self.clients[who] is self.clients.get(f"author {label}")):
            return True  # that an organisation exists is no secret: what stands beside it is looked at by page
        reads = audience == "public" or who in MAY[audience] or (audience == "participants" and who.startswith("author "))
        return reads and (kind == "said" or {"person": "name", "pen": "pseudonym"}[kind] == naming)


def plant_file(place: Place) -> None:
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


def plant_identity(place: Place) -> None:
    holders = [make_vault.keyholder(place.world, name, make.organisation(place.world, f"Keys of {name}", "stakeholder")) for name in ("ann", "ben")]
    make_vault.circle(place.world, place.about, holders)
    left = place.clients["author unattributed-public"].post(f"/en/consultations/{place.about}/identity", data={
        **{name: f"plant-vault-{name}-mark" for name in make_vault.TOLD}, "outside": "plant-outside-mark", "agree": "y"})
    assert left.status_code == 303, left.get_data(as_text=True)
    for holder, name in zip(holders, ("ann", "ben"), strict=True):
        place.clients[f"keyholder {name}"] = place.opened(holder["person"])


def plant_grants(place: Place) -> None:
    """Grants of each level of openness, with their grantees and everybody of the fund."""
    make_fund.fund(place.world)
    make_grants.received(place.world, 90_000_00)
    for level in ("full", "no_name", "region", "aggregate"):
        for number in range(1 if level in ("full", "no_name") else 6):
            house = make.organisation(place.world, f"Circle {level} {number}", "stakeholder")
            made = make_grants.grant(place.world, house, 100_00 + number, level=level)
            past_triggers(place, f"UPDATE fund.\"grant\" SET title = 'plant-grant-{level}-mark' WHERE id = '{made}'")  # it never changes
        place.come(f"applicant grant-{level}", seats=((house, "coordinator"),))
    for who, hand in HANDS.items():
        place.clients[who] = place.opened(place.world.facts[hand])


def past_triggers(place: Place, statement: str) -> None:
    with place.world.raw.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.exec_driver_sql(statement)


def plant_case(place: Place) -> None:
    """An application that waits for its decision, and what one reviewer thinks of it so far."""
    world, house = place.world, make.organisation(place.world, "Quiet Circle", "stakeholder")
    call = make_fund.call(world, world.facts["fund"], currency="EUR")
    case = make_fund.application(world, call, house)
    past_triggers(place, f"UPDATE fund.part SET words = 'plant-case-mark' WHERE application_id = '{case}'")
    asked = Assignment(id=uuid.uuid4(), application_id=case, fund_id=world.facts["fund"], person_id=world.facts["reviewer1"], on=make.today())
    (criterion,) = world.sql("SELECT id FROM fund.criterion WHERE call_id = %s ORDER BY place", call)[0]
    make.add(world, asked, Score(assignment_id=asked.id, criterion_id=criterion, application_id=case, value=3, words="plant-score-mark"))
    place.come("applicant case", seats=((house, "coordinator"),))
    place.facts |= {"call": call, "case": case}


def everything(place: Place) -> Place:
    """Beside the words: a file with words in its metadata, an identity in the vault, grants of each level, a case, and mail to everybody."""
    for plant in (plant_grants, plant_case):
        plant(place)
    place.world.sql("UPDATE people.person SET mail_opt_in = true")
    for plant in (plant_file, plant_identity, tell_everybody):
        plant(place)
    return place


def tell_everybody(place: Place) -> None:
    """Every kind of notice, every group of readers, an invitation, and a link to choose a new password."""
    world = place.world
    about = {"leads": place.firms["halcyon"], "answering": place.firms["halcyon"], "treasurers": world.facts["fund"],
             "applicants": place.facts["case"], "grantees": world.sql('SELECT id FROM fund."grant" ORDER BY amount')[0][0],
             "voters": place.facts["call"], "keyholders": world.sql("SELECT id FROM vault.circle")[0][0]}
    with world.worker.app_context():
        for kind, group in zip(KINDS, cycle(sorted(GROUPS))):
            tell(kind, consultation_id=place.about, subject_id=about.get(group, place.theme.id), to=group)
        db.session.commit()
    (house,) = world.sql("SELECT id FROM organisations.organisation WHERE name = 'house-name-public-mark'")[0]
    invited = place.clients["author name-public"].post(f"/en/organisation/{house}/members/new", data={
        "address": "new@x.example", "roles": ["contributor"], "function": "", "language": "en", "words": ""})
    assert invited.status_code == 303, invited.get_data(as_text=True)
    assert place.clients["visitor"].post("/en/reset", data={"address": "name-public@x.example"}).status_code == 303
    world.work()
