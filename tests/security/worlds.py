"""Random worlds: companies, bodies, organisations, people, phrases, and everything said between them; and an oracle.

The oracle says in plain Python, thing by thing, who may see what. It knows nothing of SQL, of sealed viewers or of
policies, and is slow and obvious on purpose.
"""

import random
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

from tests import make

from polyphony.consultations.models import Consultation, Convener, Facilitation, Invited, Link, Translator
from polyphony.feedback.models import (
    Answer,
    Comment,
    Excerpt,
    GroundAuthor,
    GroundView,
    Measure,
    Objection,
    Theme,
)
from polyphony.inputs.models import AUDIENCES, Authorship, Draft, Handed, Input, Original
from polyphony.kernel import secrets
from polyphony.languages.models import Translation, TranslatorRefusal
from polyphony.organisations.models import Membership, MembershipEnd, Organisation
from polyphony.people.models import Person, Phrase
from polyphony.people.models import Session as LoginSession

STATES = ("draft", "announced", "open", "answering", "published", "closed")
ROLES = {"company": ("engagement_lead", "decision_maker", "administrator", "board_observer"),
         "facilitation": ("facilitator", "facilitator", "administrator", "keyholder"),
         "stakeholder": ("coordinator", "contributor", "translator", "translator", "keyholder")}
SOME = timedelta(days=40)


@dataclass
class Random:
    """One world's rows by kind, and the secrets of those who look."""

    chance: random.Random
    rows: dict[str, list[Any]] = field(default_factory=dict)
    secrets: dict[uuid.UUID, bytes] = field(default_factory=dict)
    links: dict[uuid.UUID, bytes] = field(default_factory=dict)

    def add(self, row: Any) -> Any:
        self.rows.setdefault(type(row).__name__, []).append(row)
        return row

    def of(self, model: type) -> list[Any]:
        return self.rows.get(model.__name__, [])

    def one(self, model: type, **which: Any) -> Any:
        """Any row of a kind that fits, or None."""
        fitting = [row for row in self.of(model) if all(getattr(row, name) == value for name, value in which.items())]
        return self.chance.choice(fitting) if fitting else None

    def perhaps(self, value: Any, often: float = 0.5) -> Any:
        return value if self.chance.random() < often else None


def id() -> uuid.UUID:
    return uuid.uuid4()


def grow(seed: int) -> Random:
    """A world out of a number: the same number, the same world (but for its ids)."""
    w = Random(random.Random(seed))
    for kind in ("company", "company", "facilitation", "facilitation", "stakeholder", "stakeholder", "company"):
        w.add(Organisation(id=id(), name=kind, kind=kind, country="KE", asked_on=make.today(),
                           admitted_on=w.perhaps(make.today(), 0.9)))
    for _ in range(9):
        _person(w)
    for _ in range(3):
        _consultation(w)
    for _ in range(2):
        _phrase(w)
    for _ in range(14):
        _input(w)
    for _ in range(6):
        _theme(w)
    for _ in range(8):
        _answer(w)
    _around(w)
    return w


def _person(w: Random) -> None:
    who = w.add(Person(id=id(), name="Somebody", language="en", time_zone="UTC", ended_on=w.perhaps(make.today(), 0.1)))
    for _ in range(w.chance.choice((1, 1, 2))):
        org = w.one(Organisation)
        seat = w.add(Membership(id=id(), person_id=who.id, organisation_id=org.id, role=w.chance.choice(ROLES[org.kind]),
                                begun_at=make.now(), function=""))
        if w.perhaps(True, 0.15):
            w.add(MembershipEnd(membership_id=seat.id, at=make.now(), by=who.id, reason="left"))
    _session(w, person_id=who.id)


def _session(w: Random, **whose: Any) -> None:
    secret = w.chance.randbytes(32)
    w.add(LoginSession(id=id(), token_hash=secrets.digest(secret), began_at=make.now(), seen_at=make.now(), **whose))
    w.secrets[next(iter(whose.values()))] = secret


def _consultation(w: Random) -> None:
    body = w.one(Organisation, kind="facilitation")
    here = w.add(Consultation(
        id=id(), state=w.chance.choice(STATES), source_lang="en", title="T", languages=["en"], created_at=make.now(),
        discovery=w.chance.choice(("listed", "link", "invitation")), facilitator_id=w.perhaps(body.id, 0.9)))
    for company in (org for org in w.of(Organisation) if org.kind == "company"):
        if w.perhaps(True, 0.8):
            w.add(Convener(consultation_id=here.id, company_id=company.id, invited_at=make.now(), began=False,
                           state=w.chance.choice(("invited", "accepted", "accepted", "declined", "left"))))
    for org in (each for each in w.of(Organisation) if each.kind == "stakeholder"):
        if w.perhaps(True, 0.7):
            w.add(Invited(consultation_id=here.id, organisation_id=org.id, at=make.now()))
    for seat in w.of(Membership):
        if seat.role == "translator" and w.perhaps(True, 0.7):
            w.add(Translator(id=id(), consultation_id=here.id, person_id=seat.person_id, shown_as="T", languages=["sw"],
                             organisation_id=seat.organisation_id, appointed_on=make.today(),
                             ended_on=w.perhaps(make.today(), 0.2)))
    if w.perhaps(True):
        w.links[here.id] = w.chance.randbytes(16)
        w.add(Link(consultation_id=here.id, secret=w.links[here.id]))
    if w.perhaps(True, 0.3):
        w.add(Facilitation(id=id(), consultation_id=here.id, organisation_id=w.one(Organisation, kind="facilitation").id,
                           company_id=w.one(Organisation, kind="company").id, says="asked", at=make.now()))


def _phrase(w: Random) -> None:
    here = w.one(Consultation)
    who = w.add(Phrase(id=id(), verifier=w.chance.randbytes(32), consultation_id=here.id, language="sw", day=make.today()))
    _session(w, phrase_id=who.id)
    w.add(Draft(id=id(), consultation_id=here.id, phrase_id=who.id, fields={}, day=make.today()))


def _input(w: Random) -> None:
    here, phrase = w.one(Consultation), w.one(Phrase)
    companies = [org.id for org in w.of(Organisation) if org.kind == "company"]
    gone = w.perhaps(make.today(), 0.1)
    said = w.add(Input(
        id=id(), consultation_id=here.id, day=make.today(), lang="sw", text="" if gone else "Said.", audience=w.chance.choice(AUDIENCES),
        readers=w.chance.sample(companies, 1), addressed=[], naming="unattributed", speaks_as="affected",
        read_on=w.perhaps(make.today(), 0.8), withdrawn_on=gone))
    author = {"phrase_id": phrase.id} if w.perhaps(True, 0.3) else {"person_id": w.one(Person).id}
    w.add(Authorship(input_id=said.id, **author))
    if w.perhaps(True, 0.3):
        w.add(Original(input_id=said.id, consultation_id=here.id, text="First.", reason="A third person."))
    translator = w.one(Translator, consultation_id=here.id)
    if translator and w.perhaps(True, 0.3):
        w.add(Handed(input_id=said.id, person_id=translator.person_id, consultation_id=here.id))
    if translator and w.perhaps(True, 0.3):
        w.add(TranslatorRefusal(id=id(), subject_id=said.id, translator_id=translator.id, person_id=translator.person_id))
    w.add(Translation(id=id(), consultation_id=here.id, kind="input", subject_id=said.id, field="text", lang="en",
                      text="Said in English.", mark="person", stale=bool(w.perhaps(True, 0.2)),
                      waits=bool(w.perhaps(True, 0.3))))


def _theme(w: Random) -> None:
    here = w.one(Consultation)
    theme = w.add(Theme(id=id(), consultation_id=here.id, title="T", summary="S", lang="en", addressed=[], place=1,
                        made_on=make.today(), shared_on=w.perhaps(make.today(), 0.6),
                        published_on=w.perhaps(make.today(), 0.4)))
    for said in (each for each in w.of(Input) if each.consultation_id == here.id):
        if w.perhaps(True, 0.5):
            w.add(Excerpt(id=id(), theme_id=theme.id, input_id=said.id, consultation_id=here.id, quote="Q",
                          placed_on=make.today()))
            if w.perhaps(True, 0.3):
                w.add(Objection(id=id(), theme_id=theme.id, input_id=said.id, consultation_id=here.id, words="No.",
                                lang="en", day=make.today(), handled_on=w.perhaps(make.today(), 0.5)))


def _answer(w: Random) -> None:
    theme, company = w.one(Theme), w.one(Organisation, kind="company")
    if w.one(Answer, theme_id=theme.id, company_id=company.id):
        return
    given = w.add(Answer(id=id(), theme_id=theme.id, company_id=company.id, consultation_id=theme.consultation_id,
                         state=w.chance.choice(("draft", "signed", "published")), lang="en", decision="adopted", words="We do.",
                         changes="It changed.", signed_as="product", signed_on=make.today(), published_on=make.today()))
    if w.perhaps(True, 0.5):
        _measure(w, given)
    if w.perhaps(True, 0.3):
        w.add(Comment(id=id(), theme_id=theme.id, company_id=company.id, person_id=w.one(Person).id, shown_as="X",
                      words="Between us.", at=make.now()))


def _measure(w: Random, given: Any) -> None:
    measure = w.add(Measure(id=id(), answer_id=given.id, theme_id=given.theme_id, company_id=given.company_id,
                            consultation_id=given.consultation_id, what="W", owner="product", due_on=make.today(), lang="en"))
    for _ in range(w.chance.choice((0, 1, 2))):
        author = {"phrase_id": w.one(Phrase).id} if w.perhaps(True) else {"person_id": w.one(Person).id}
        if w.one(GroundAuthor, measure_id=measure.id, **author):
            continue
        read = w.perhaps(make.today(), 0.7)
        view = w.add(GroundView(id=id(), measure_id=measure.id, consultation_id=measure.consultation_id, view="works",
                                words="Yes.", lang="sw", day=make.today(), read_on=read,
                                shown_on=read and w.perhaps(read, 0.4)))
        w.add(GroundAuthor(view_id=view.id, measure_id=measure.id, **author))


def _around(w: Random) -> None:
    for _ in range(2):
        w.add(Draft(id=id(), consultation_id=w.one(Consultation).id, person_id=w.one(Person).id, fields={}, day=make.today()))


@dataclass
class Oracle:
    """What one viewer may see of a world, asked thing by thing."""

    w: Random
    person: uuid.UUID | None = None
    phrase: uuid.UUID | None = None
    links: tuple[uuid.UUID, ...] = ()

    def __post_init__(self) -> None:
        self.seats = cache(self.seats)  # type: ignore[method-assign]  # asked again and again
        if any(each.id == self.person and each.ended_on for each in self.w.of(Person)):
            self.person = None

    def seats(self, kind: str, *roles: str) -> set[uuid.UUID]:
        """Admitted organisations of a kind in which she sits now, in one of these roles or in any."""
        ended = {each.membership_id for each in self.w.of(MembershipEnd)}
        admitted = {each.id for each in self.w.of(Organisation) if each.kind == kind and each.admitted_on}
        return {seat.organisation_id for seat in self.w.of(Membership) if seat.person_id == self.person
                and seat.id not in ended and (not roles or seat.role in roles)} & admitted

    def convenes(self, here: uuid.UUID, *states: str) -> bool:
        return any(each.consultation_id == here and each.state in (states or ("invited", "accepted"))
                   and each.company_id in self.seats("company") for each in self.w.of(Convener))

    def has_left(self, here: uuid.UUID) -> bool:
        """Her company left what had been announced; a draft that it left is the others' alone."""
        return self._by_id(Consultation, here).state != "draft" and self.convenes(here, "left")

    def facilitates(self, here: uuid.UUID) -> bool:
        return any(each.id == here and each.facilitator_id in self.seats("facilitation", "facilitator")
                   for each in self.w.of(Consultation))

    def participates(self, here: uuid.UUID) -> bool:
        begun = any(each.id == here and each.state != "draft" for each in self.w.of(Consultation))
        return (begun and any(each.consultation_id == here and each.organisation_id in self.seats("stakeholder")
                             for each in self.w.of(Invited))) or any(
            each.id == self.phrase and each.consultation_id == here for each in self.w.of(Phrase))

    def translates(self, here: uuid.UUID) -> bool:
        may = {org for kind in ROLES for org in self.seats(kind, "translator")}
        return any(each.consultation_id == here and each.person_id == self.person and not each.ended_on
                   and each.organisation_id in may for each in self.w.of(Translator))

    def called(self, here: uuid.UUID) -> bool:
        return any(each.consultation_id == here and each.organisation_id in self.seats("facilitation", "facilitator")
                   for each in self.w.of(Facilitation))

    def wrote(self, said: uuid.UUID) -> bool:
        return any(each.input_id == said and self._is_me(each) for each in self.w.of(Authorship))

    def refused(self, subject: uuid.UUID) -> bool:
        return any(each.subject_id == subject and each.person_id == self.person for each in self.w.of(TranslatorRefusal))

    def _is_me(self, row: Any) -> bool:
        return (row.person_id is not None and row.person_id == self.person) or (
            row.phrase_id is not None and row.phrase_id == self.phrase)

    def _by_id(self, model: type, wanted: uuid.UUID) -> Any:
        return next(row for row in self.w.of(model) if row.id == wanted)

    def consultation(self, c: Any) -> bool:
        public = c.state != "draft" and (c.discovery == "listed" or (c.discovery == "link" and c.id in self.links))
        return (public or self.convenes(c.id) or self.has_left(c.id) or self.facilitates(c.id)
                or self.participates(c.id) or self.translates(c.id) or self.called(c.id))

    def here(self, row: Any) -> bool:
        return self.consultation(self._by_id(Consultation, row.consultation_id))

    def input(self, i: Any) -> bool:
        if self.wrote(i.id):
            return True
        if i.withdrawn_on:
            return False
        if self.facilitates(i.consultation_id):
            return True
        if self.handed_to(i) and not self.refused(i.id):
            return True
        if not i.read_on:
            return False
        if i.audience != "facilitator" and self.translates(i.consultation_id) and not self.refused(i.id):
            return True
        return {"public": self.here(i),
                "participants": self.convenes(i.consultation_id) or self.participates(i.consultation_id),
                "companies": self.convenes(i.consultation_id),
                "chosen": bool(set(i.readers) & self.seats("company")) and self.convenes(i.consultation_id),
                "facilitator": False}[i.audience]

    def handed_to(self, i: Any) -> bool:
        """She was handed it, and still translates there."""
        return self.translates(i.consultation_id) and any(
            each.input_id == i.id and each.person_id == self.person for each in self.w.of(Handed))

    def theme(self, t: Any) -> bool:
        placed = any(each.theme_id == t.id and self.wrote(each.input_id) for each in self.w.of(Excerpt))
        return bool(self.facilitates(t.consultation_id) or placed or self.translates(t.consultation_id)
                    or (t.shared_on and (self.convenes(t.consultation_id) or self.has_left(t.consultation_id)))
                    or (t.published_on and self.here(t)))

    def excerpt(self, e: Any) -> bool:
        said, theme = self._by_id(Input, e.input_id), self._by_id(Theme, e.theme_id)
        return (self.facilitates(e.consultation_id) or self.wrote(said.id)
                or (said.audience != "facilitator" and self.input(said) and self.theme(theme)))

    def objection(self, o: Any) -> bool:
        said = self._by_id(Input, o.input_id)
        after = o.handled_on and said.audience != "facilitator"
        return self.wrote(said.id) or self.facilitates(o.consultation_id) or bool(
            self.translates(o.consultation_id) and not self.refused(said.id) and self.input(said)
            and (after or self.handed_to(said)))

    def answer(self, a: Any) -> bool:
        signed = a.state != "draft" and (self.facilitates(a.consultation_id) or self.translates(a.consultation_id))
        return a.company_id in self.seats("company") or signed or (a.state == "published" and self.here(a))

    def measure(self, m: Any) -> bool:
        return self.answer(self._by_id(Answer, m.answer_id))

    def groundview(self, v: Any) -> bool:
        mine = any(each.view_id == v.id and self._is_me(each) for each in self.w.of(GroundAuthor))
        return bool(mine or self.facilitates(v.consultation_id) or (v.read_on and self.translates(v.consultation_id)
                                                                    and not self.refused(v.id))
                    or (v.shown_on and self.here(v)))

    def translation(self, t: Any) -> bool:
        said = self._by_id(Input, t.subject_id)
        seen = self.input(said)
        if not seen or self.wrote(said.id) or self.facilitates(said.consultation_id):
            return seen
        return not t.waits and (not t.stale or self.translates(said.consultation_id))

    def comment(self, c: Any) -> bool:
        return c.company_id in self.seats("company")

    def authorship(self, a: Any) -> bool:
        return self._is_me(a)

    groundauthor = draft = authorship

    def original(self, o: Any) -> bool:
        return self.wrote(o.input_id) or self.facilitates(o.consultation_id)

    def handed(self, h: Any) -> bool:
        return self.facilitates(h.consultation_id)

    def link(self, k: Any) -> bool:
        return self.convenes(k.consultation_id) or self.facilitates(k.consultation_id)

    def invited(self, i: Any) -> bool:
        here = i.consultation_id
        return self.convenes(here) or self.facilitates(here) or self.participates(here) or self.translates(here)

    def convener(self, v: Any) -> bool:
        return ((v.state != "declined" and self.here(v)) or self.convenes(v.consultation_id)
                or self.facilitates(v.consultation_id) or v.company_id in self.seats("company"))


def key(row: Any) -> str:
    """What a row is called in both answers: its primary key."""
    return ",".join(str(getattr(row, column.name)) for column in row.__table__.primary_key.columns)


JUDGED = (Consultation, Input, Theme, Excerpt, Objection, Answer, Measure, GroundView, Translation, Comment, Authorship,
          GroundAuthor, Draft, Original, Handed, Link, Invited, Convener)
EVERYTHING = (*JUDGED, Organisation, Person, Membership, MembershipEnd, LoginSession, Phrase, Translator, Facilitation,
              TranslatorRefusal)

