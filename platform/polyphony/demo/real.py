"""`make real`: the whole main job on real input, through the services that the interface uses.

Two thousand inputs from the TICO-19 translation pairs (the foreign side is the original, the English its
person-made translation), twenty organisations, two hundred return phrases, twenty-five themes, three companies
that answer every one. Accounts and organisations are put in place first; everything after that is said and done
by them. Then the fund pays (`real_fund`). It ends non-zero if anything is missing.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import session
from sqlalchemy.orm import Session

from polyphony.app import create_app
from polyphony.consultations import companies, facilitation, rules, service
from polyphony.consultations.tasks import turn_with_time
from polyphony.demo import real_fund
from polyphony.demo.door import read
from polyphony.demo.pairs import LANGUAGES, Pair, pairs
from polyphony.feedback import answers, publication, themes
from polyphony.feedback.models import Answer, Excerpt, Theme
from polyphony.inputs import desk
from polyphony.inputs import service as inputs
from polyphony.inputs.models import Authorship, Input
from polyphony.kernel import clock, jobs, secrets, viewer
from polyphony.kernel.database import db
from polyphony.kernel.migrate import migrate
from polyphony.kernel.postgres import Embedded
from polyphony.languages.models import Translation
from polyphony.languages.service import as_read, store_translation, waiting
from polyphony.organisations.models import Membership, Organisation
from polyphony.people import phrases
from polyphony.people.models import Credential, Person
from polyphony.people.models import Session as SignedIn
from polyphony.settings import Settings

INPUTS, ORGANISATIONS, PHRASES, THEMES = 2000, 20, 200, 25
DECISIONS = ("adopted", "adapted", "later", "declined", "outside", "already")
SALT = b"-" * 16
# Sessions as they are after both steps of signing in, with the seats of their people.
WHOLE = sa.text("UPDATE people.session SET factored = true, proven_at = now(), "
                "seats = people.seal_of(viewer.seats(person_id)) WHERE person_id IS NOT NULL")


def house(id: uuid.UUID, name: str, kind: str) -> Organisation:
    """An organisation that was admitted today."""
    today = datetime.now(UTC).date()
    return Organisation(id=id, name=name, kind=kind, country="KE", asked_on=today, admitted_on=today)


class Real:
    """One run: who takes part, the application on the web role, and what was counted."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.app, self.worker = settings, create_app(settings), create_app(settings, worker=True)
        self.people: dict[str, bytes] = {}
        self.organisations: dict[str, uuid.UUID] = {}
        self.phrases: list[list[str]] = []

    @contextmanager
    def acting(self, secret: bytes | None, path: str = "/en/") -> Iterator[viewer.Viewer]:
        """One request of somebody: her viewer, one transaction, kept if nothing was refused."""
        with self.app.test_request_context(path):
            by = viewer.open_viewer(secret)
            yield by
            db.session.flush()
            db.session.commit()

    def cast(self) -> None:
        """Accounts and organisations, as a running platform would have them."""
        rows: list[Any] = []
        seats: list[tuple[str, str, tuple[str, ...]]] = [
            (f"company{n}", "company", ("engagement_lead", "decision_maker")) for n in range(3)]
        seats += [("table", "facilitation", ("facilitator",))]
        seats += [(f"org{n}", "stakeholder", ("coordinator",)) for n in range(ORGANISATIONS)]
        with self.app.app_context():
            for name, kind, roles in seats:
                self.organisations[name] = uuid.uuid4()
                rows += self._member(name, kind, roles)
        self.put(rows)

    def _member(self, name: str, kind: str, roles: tuple[str, ...]) -> list[Any]:
        return [house(self.organisations[name], name.title(), kind), *self.person(name, name, roles)]

    def person(self, name: str, organisation: str, roles: tuple[str, ...], verifier: bytes = b"-") -> list[Any]:
        """An account with a session and seats in an organisation; without a verifier no password opens it."""
        who, secret, now = uuid.uuid4(), secrets.token(), datetime.now(UTC)
        self.people[name] = secret
        address = f"{name}@real.example"
        return [
            Person(id=who, name=name.title(), language="en", time_zone="UTC"),
            Credential(person_id=who, address_hash=secrets.address_hash(address), salt=SALT, verifier=verifier,
                       address_sealed=secrets.seal_address(address, who)),
            SignedIn(id=uuid.uuid4(), token_hash=secrets.digest(secret), person_id=who, began_at=now, seen_at=now),
            *(Membership(id=uuid.uuid4(), person_id=who, organisation_id=self.organisations[organisation], role=role,
                         function="product" if role == "decision_maker" else "", begun_at=now) for role in roles)]

    def put(self, rows: list[Any]) -> None:
        engine = sa.create_engine(self.settings.owner_database_url)
        tables = sorted({type(row).__table__.fullname for row in rows})
        with engine.begin() as connection, Session(connection) as put:
            for table in tables:
                connection.execute(sa.text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
            put.add_all(rows)
            put.flush()
            if SignedIn.__table__.fullname in tables:
                connection.execute(WHOLE)
            connection.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))
            for table in tables:
                connection.execute(sa.text(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"))
        engine.dispose()

    def convene(self) -> uuid.UUID:
        """Three companies, a facilitator all accept, twenty organisations; announced, then opened by the job."""
        texts = read("voices")["texts"]["en"]
        now = clock.now()
        terms = {
            **{name: texts[name] for name in rules.FIELDS if name in texts}, "source_lang": "en",
            "technologies": ["alerts"],
            "paid_by": "The three companies, in equal parts.",
            "countries": ["KE"], "segments": [], "contexts": [], "phases": ["assess"], "languages": ["en"],
            "protection": "standard", "discovery": "listed", "accountless": True, "time_zone": "Africa/Nairobi",
            "opens_at": now + timedelta(minutes=5), "closes_at": now + timedelta(days=20),
            "promised_on": (now + timedelta(days=60)).date(), "facilitator_id": self.organisations["table"]}
        with self.acting(self.people["company0"]) as by:
            about = service.create(by, company=None, **terms).id
            for name in ("company1", "company2"):
                companies.ask_company(viewer.refresh(), id=about, organisation=self.organisations[name])
        for name in ("company0", "company1", "company2"):
            with self.acting(self.people[name]) as by:
                companies.reply(by, id=about, says="accepted", functions=["product"], accepts_facilitator=True,
                                words="", revision="1")
        with self.acting(self.people["table"]) as by:
            facilitation.accept(by, id=about)
            for n in range(ORGANISATIONS):
                companies.invite(by, id=about, organisation=self.organisations[f"org{n}"])
        with self.acting(self.people["table"]) as by:
            service.announce(by, id=about, words="Please tell us what you think.")
        self.turn(now + timedelta(minutes=6))
        return about

    def turn(self, moment: datetime) -> None:
        """What the minute job does at this moment."""
        with self.worker.app_context(), clock.at(moment):
            turn_with_time()
            db.session.commit()

    def come(self, about: uuid.UUID) -> list[bytes]:
        """Two hundred people keep a return phrase and come back with it; their session secrets."""
        found = []
        for n in range(PHRASES):
            lang = list(LANGUAGES)[n % len(LANGUAGES)]
            words = phrases.make(lang)
            with self.acting(None):
                phrases.keep(words, about, lang)
                if not phrases.come_back(words):
                    raise LookupError("a return phrase did not open what it was kept for")
                found.append(secrets.bytes_of(session["key"]))
        return found

    def speak(self, about: uuid.UUID, said: list[Pair], speakers: list[bytes]) -> None:
        """Every input, each by one of the speakers, with its translation."""
        company_ids = [self.organisations[f"company{n}"] for n in range(3)]
        for secret, mine in _dealt(speakers, said):
            with self.acting(secret) as by:
                where = inputs.consultation(about)
                made = [(inputs.put(by, about=where, text=text, lang=lang, audience="participants",
                                    addressed=company_ids, naming="unattributed", speaks_as="affected"), english)
                        for lang, text, english in mine]
                viewer.refresh()
                for entry, english in made:
                    store_translation(by, kind="input", subject_id=entry.id, consultation_id=about, field="text",
                                      lang="en", text=english)

    def facilitate(self, about: uuid.UUID) -> None:
        """Read everything, make twenty-five themes, place an excerpt of every input."""
        with self.acting(self.people["table"]) as by:
            made = [themes.save(by, consultation_id=about, title=f"What people say, part {n + 1}",
                                summary="A group of things that belong together.", lang="en", added=[],
                                added_reason="").id
                    for n in range(THEMES)]
        with self.acting(self.people["table"]) as by:
            entries = db.session.scalars(
                sa.select(Input).where(Input.consultation_id == about).order_by(Input.id)).all()
            for n, entry in enumerate(entries):
                desk.release(by, entry=entry, revision=entry.revision, translations=as_read(waiting(entry.id)))
                themes.place(by, consultation_id=about, theme_id=str(made[n % THEMES]), input_id=str(entry.id),
                             quote=entry.text[:200].strip())

    def answer(self, about: uuid.UUID, said: list[Pair]) -> None:
        """Inputs end; themes go to the companies; each drafts and signs its own answer to each; published together.

        What companies would answer is in no file, so the English of the inputs stands in: as long and as varied.
        """
        self.turn(clock.now())
        with self.acting(self.people["table"]) as by:
            themes.share(by, consultation_id=about)
        english = (text for _lang, _text, text in said)
        for name in ("company0", "company1", "company2"):
            with self.acting(self.people[name]) as by:
                owed = db.session.scalars(sa.select(Theme.id).where(Theme.consultation_id == about)).all()
                for n, theme in enumerate(owed):
                    drafted = answers.draft(
                        by, theme_id=theme, company_id=self.organisations[name], decision=DECISIONS[n % 6], lang="en",
                        reason_kind="cost", words=f"{next(english)} {next(english)}", changes="It changed our plan.")
                    answers.sign(by, answer_id=drafted.id, revision=str(drafted.revision))
        with self.acting(self.people["table"]) as by:
            publication.publish(by, consultation_id=about, words="Thank you. Here is every answer.")

    def missing(self, about: uuid.UUID, speakers: list[bytes]) -> list[str]:
        """What should be there and is not, as those who spoke see it."""
        wrong = []
        with self.worker.app_context():
            counts = {model.__name__: db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0
                      for model in (Input, Translation, Theme, Excerpt, Answer)}
        expected = {"Input": INPUTS, "Translation": INPUTS, "Theme": THEMES, "Excerpt": INPUTS, "Answer": THEMES * 3}
        wrong += [f"{name}: {counts[name]} instead of {number}" for name, number in expected.items()
                  if counts[name] < number]
        for secret in speakers:
            with self.acting(secret):
                mine = db.session.scalars(sa.select(Authorship.input_id)).all()
                found = db.session.scalars(
                    sa.select(Answer.id).join(Excerpt, Excerpt.theme_id == Answer.theme_id).where(
                        Excerpt.input_id.in_(mine), Answer.state == "published").distinct()).all()
                if not mine or len(found) < 3:
                    wrong.append("somebody who spoke does not find her answers")
        print("  counted:", ", ".join(f"{number} {name}" for name, number in counts.items()))
        return wrong


def _dealt(speakers: list[bytes], said: list[Pair]) -> Iterator[tuple[bytes, list[Pair]]]:
    for n, secret in enumerate(speakers):
        yield secret, said[n::len(speakers)]


def run(settings: Settings) -> int:
    """Do it all in a database of its own; 0 when nothing is missing."""
    if not (settings.data / "tico19").is_dir():
        print(f"The real input is not here: {settings.data}. Set POLYPHONY_DATA to where it lies.")
        return 1
    with Embedded(settings.var, pg_bin=settings.pg_bin) as server:
        if server.has_database("real"):
            server.drop_database("real")
        server.create_database("real")
        return _run(replace(settings.with_database("real"), demo=True, log_level="ERROR"))


def _run(settings: Settings) -> int:
    migrate(settings.owner_database_url)
    job = Real(settings)
    said = _timed("read the translation pairs", lambda: pairs(settings)[:INPUTS])
    _timed("put accounts and organisations in place", job.cast)
    began = clock.now() - timedelta(days=22)  # so that the days told on the pages follow each other
    with clock.at(began):
        about = _timed("three companies convene; the job opens", job.convene)
    with clock.at(began + timedelta(days=2)):
        strangers = _timed(f"{PHRASES} return phrases kept and used", lambda: job.come(about))
        speakers = [*(job.people[f"org{n}"] for n in range(ORGANISATIONS)), *strangers]
        _timed(f"{len(said)} inputs with their translations", lambda: job.speak(about, said, speakers))
    with clock.at(began + timedelta(days=15)):
        _timed(f"the facilitator reads all and places them in {THEMES} themes", lambda: job.facilitate(about))
    _timed("every company answers every theme; published together", lambda: job.answer(about, said))
    _timed("notices and counts by the worker", lambda: jobs.run_pending(job.worker))
    wrong = _timed("everyone who spoke looks for her answers", lambda: job.missing(about, speakers))
    wrong += real_fund.run(job, _timed)
    print("\n".join(["Missing:", *wrong] if wrong else ["Nothing is missing."]))
    return 1 if wrong else 0


def _timed(what: str, do: Callable[[], Any]) -> Any:
    start = time.monotonic()
    done = do()
    print(f"{time.monotonic() - start:7.1f} s  {what}", flush=True)
    return done
