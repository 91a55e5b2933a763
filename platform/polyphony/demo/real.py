"""`make real`: the whole main job on real input, through the services that the interface uses.

Inputs from the TICO-19 translation pairs (the foreign side is the original, the English its person-made
translation): two thousand that twenty organisations bring as files, and one of each of two hundred return phrases
(`real_said`). Twenty-five themes, three companies that answer every one. Accounts and organisations are put in place
first; everything after that is said and done by them. Then everyone who spoke looks for her answers (`real_found`),
and the fund pays (`real_fund`). It ends non-zero if anything is missing.
"""

import io
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from polyphony.app import create_app
from polyphony.consultations import companies, facilitation, rules, service
from polyphony.consultations.tasks import turn_with_time
from polyphony.demo import real_fund, real_said
from polyphony.demo.door import read
from polyphony.demo.pairs import LANGUAGES, Pair, pairs
from polyphony.demo.real_found import Look, Signed
from polyphony.feedback import answers, publication, themes
from polyphony.feedback.models import Answer, Excerpt, Theme
from polyphony.inputs import desk
from polyphony.inputs.models import Input
from polyphony.kernel import clock, jobs, secrets, viewer
from polyphony.kernel.database import db
from polyphony.kernel.migrate import migrate
from polyphony.kernel.postgres import Embedded
from polyphony.languages.models import Translation
from polyphony.languages.service import as_read, waiting
from polyphony.organisations.models import Membership, Organisation
from polyphony.people.models import Credential, Person
from polyphony.people.models import Session as SignedIn
from polyphony.settings import Settings

LINES, ORGANISATIONS, PHRASES = 2000, 20, 200
INPUTS, THEMES, PASSWORD = LINES + PHRASES, 25, "many voices on paper"
COMPANIES = tuple(f"company{n}" for n in range(3))
DECISIONS = ("adopted", "adapted", "later", "declined", "outside", "already")
SALT = b"-" * 16
# Sessions as they are after both steps of signing in, with the seats of their people.
Command = Callable[..., Any]  # `polyphony` with these words, in the place of these settings; what came of it
WHOLE = sa.text("UPDATE people.session SET factored = true, proven_at = now(), "
                "seats = people.seal_of(viewer.seats(person_id)) WHERE person_id IS NOT NULL")


def house(id: uuid.UUID, name: str, kind: str) -> Organisation:
    """An organisation that was admitted today."""
    today = datetime.now(UTC).date()
    return Organisation(id=id, name=name, kind=kind, country="KE", asked_on=today, admitted_on=today)


def verifier() -> bytes:
    """What opens an account to `PASSWORD`, for those who sign in at a terminal."""
    return secrets.digest(secrets.derive_password(PASSWORD, SALT))


class Real:
    """One run: who takes part, the application on the web role, and what was counted."""

    def __init__(self, settings: Settings, command: Command) -> None:
        self.settings, self.app, self.worker = settings, create_app(settings), create_app(settings, worker=True)
        self.command = command
        self.people: dict[str, bytes] = {}
        self.organisations: dict[str, uuid.UUID] = {}
        self.counts: dict[str, int] = {}
        self.signed: Signed = {}

    @contextmanager
    def acting(self, secret: bytes | None, path: str = "/en/") -> Iterator[viewer.Viewer]:
        """One request of somebody: her viewer, one transaction, kept if nothing was refused."""
        with self.app.test_request_context(path):
            by = viewer.open_viewer(secret)
            yield by
            db.session.flush()
            db.session.commit()

    def imported(self, what: str, file: Path, who: str, *options: str) -> Any:
        """What `polyphony import` brought in from a file, called by this member as from a terminal."""
        with redirect_stdout(io.StringIO()):  # its bar and its sum; which line is bad it says beside them
            return self.command(self.settings, "import", what, str(file), "--as", f"{who}@real.example",
                                "--password", PASSWORD, *options)

    def cast(self) -> None:
        """Accounts and organisations, as a running platform would have them."""
        rows: list[Any] = []
        seats: list[tuple[str, str, tuple[str, ...]]] = [
            (name, "company", ("engagement_lead", "decision_maker")) for name in COMPANIES]
        seats += [("table", "facilitation", ("facilitator",))]
        seats += [(f"org{n}", "stakeholder", ("coordinator",)) for n in range(ORGANISATIONS)]
        with self.app.app_context():
            opening = verifier()
            for name, kind, roles in seats:
                self.organisations[name] = uuid.uuid4()
                rows += [house(self.organisations[name], name.title(), kind),
                         *self.person(name, name, roles, opening if kind == "stakeholder" else b"-")]
        self.put(rows)

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
            for name in COMPANIES[1:]:
                companies.ask_company(viewer.refresh(), id=about, organisation=self.organisations[name])
        for name in COMPANIES:
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
        for name in COMPANIES:
            with self.acting(self.people[name]) as by:
                owed = db.session.scalars(sa.select(Theme.id).where(Theme.consultation_id == about)).all()
                for n, theme in enumerate(owed):
                    drafted = answers.draft(
                        by, theme_id=theme, company_id=self.organisations[name], decision=DECISIONS[n % 6], lang="en",
                        reason_kind="cost", words=f"{next(english)} {next(english)}", changes="It changed our plan.")
                    answers.sign(by, answer_id=drafted.id, revision=str(drafted.revision))
                    self.signed[theme, name.title()] = drafted.decision, drafted.words
        with self.acting(self.people["table"]) as by:
            publication.publish(by, consultation_id=about, words="Thank you. Here is every answer.")

    def missing(self, about: uuid.UUID, speakers: Sequence[tuple[bytes, str, Sequence[Pair]]]) -> list[str]:
        """What should be there and is not, as those who spoke see it."""
        with self.worker.app_context():
            counts = {model.__name__: db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0
                      for model in (Input, Translation, Theme, Excerpt, Answer)}
            counts["languages"] = db.session.scalar(sa.select(sa.func.count(Input.lang.distinct()))) or 0
        look = Look([name.title() for name in COMPANIES], self.signed)
        for secret, lang, said in speakers:
            with self.acting(secret, f"/{lang}/inbox") as by:
                look.at(by, about, [text for _lang, text, _english in said])
        counts |= self.counts | look.found
        print("  counted:", ", ".join(f"{number} {name}" for name, number in counts.items()))
        expected = {"Input": INPUTS, "Translation": INPUTS, "Theme": THEMES, "Excerpt": INPUTS, "Answer": THEMES * 3,
                    "languages": len(LANGUAGES), "brought": LINES, "known before": 0, "brought twice": 0,
                    "known": LINES, "inputs in inboxes": INPUTS, "answers in the inbox": INPUTS * 3,
                    "answers on the input's own page": INPUTS * 3}
        return [*(f"{name}: {counts.get(name, 0)} instead of {number}" for name, number in expected.items()
                  if counts.get(name, 0) != number),
                *(f"{number} times: {what}" for what, number in look.lacking.items())]


def run(settings: Settings, command: Command) -> int:
    """Do it all in a database of its own; 0 when nothing is missing."""
    if not (settings.data / "tico19").is_dir():
        print(f"The real input is not here: {settings.data}. Set POLYPHONY_DATA to where it lies.")
        return 1
    with Embedded(settings.var, pg_bin=settings.pg_bin) as server:
        if server.has_database("real"):
            server.drop_database("real")
        server.create_database("real")
        return _run(replace(settings.with_database("real"), demo=True, log_level="ERROR"), command)


def _run(settings: Settings, command: Command) -> int:
    migrate(settings.owner_database_url)
    job = Real(settings, command)
    said = _timed("read the translation pairs", lambda: pairs(settings)[:INPUTS])
    _timed("put accounts and organisations in place", job.cast)
    began = clock.now() - timedelta(days=22)  # so that the days told on the pages follow each other
    with clock.at(began):
        about = _timed("three companies convene; the job opens", job.convene)
    each = LINES // ORGANISATIONS
    brought, alone = [said[start:start + each] for start in range(0, LINES, each)], said[LINES:]
    with clock.at(began + timedelta(days=2)):
        _timed(f"{LINES} inputs from {ORGANISATIONS} files by `polyphony import inputs`, and once more",
               lambda: real_said.bring(job, about, brought))
        phrases = _timed(f"{PHRASES} return phrases kept and used", lambda: real_said.come(job, about, alone))
        strangers = list(zip(phrases, alone, strict=True))
        _timed(f"{PHRASES} inputs with a return phrase, page by page", lambda: real_said.speak(job, about, strangers))
    with clock.at(began + timedelta(days=15)):
        _timed(f"the facilitator reads all and places them in {THEMES} themes", lambda: job.facilitate(about))
    _timed("every company answers every theme; published together", lambda: job.answer(about, said))
    _timed("notices and counts by the worker", lambda: jobs.run_pending(job.worker))
    speakers = [*((job.people[f"org{n}"], "en", share) for n, share in enumerate(brought)),
                *((secret, pair[0], [pair]) for secret, pair in strangers)]
    wrong = _timed("everyone who spoke looks for every answer", lambda: job.missing(about, speakers))
    wrong += real_fund.run(job, _timed)
    print("\n".join(["Missing:", *wrong] if wrong else ["Nothing is missing."]))
    return 1 if wrong else 0


def _timed(what: str, do: Callable[[], Any]) -> Any:
    start = time.monotonic()
    done = do()
    print(f"{time.monotonic() - start:7.1f} s  {what}", flush=True)
    return done
