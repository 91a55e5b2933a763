"""`make real`, second part: the fund pays, on real projects, through the services that the interface uses.

Two hundred projects of the country-based pooled funds' list of 2015 (OCHA, public) become applications to one call
through `polyphony import applications`: direct costs, support costs, and what the two leave of the sum as a third
line. They are reviewed, voted on, decided best first until received money is used, and paid in two instalments.
"""

import csv
import tempfile
import uuid
from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import sqlalchemy as sa

from polyphony.fund.applying.models import Application, BudgetLine
from polyphony.fund.bodies import service as bodies
from polyphony.fund.bodies.models import Body
from polyphony.fund.calls import service as calls
from polyphony.fund.calls.models import Criterion
from polyphony.fund.calls.tasks import turn_with_time
from polyphony.fund.deciding import service as deciding
from polyphony.fund.deciding import table
from polyphony.fund.deciding.models import Decision, Grant, Instalment
from polyphony.fund.deciding.rules import Due, Ruling
from polyphony.fund.giving import service as giving
from polyphony.fund.giving.models import Pledge
from polyphony.fund.ledger.chain import seal_new
from polyphony.fund.ledger.models import Seal
from polyphony.fund.paying import service as paying
from polyphony.fund.paying.models import Payment
from polyphony.fund.reviewing import service as reviewing
from polyphony.fund.reviewing.models import Assignment
from polyphony.fund.statement import service as statement
from polyphony.fund.verify import service as verify
from polyphony.kernel import clock, jobs, money
from polyphony.kernel.database import db
from polyphony.kernel.viewer import refresh
from polyphony.organisations.models import Membership
from polyphony.people import factors
from polyphony.people.models import Person

if TYPE_CHECKING:
    from polyphony.demo.real import Real

FILE = "ProjectSummaryV2_2015.csv"
PROJECTS, CURRENCY = 200, "USD"
COUNTRIES = {"15": ("SD", "en"), "17": ("CF", "fr")}  # of the file's funds, as far as the first projects reach
COLUMNS = ("--key", "PrjCode", "--organisation", "OrgNm", "--requested", "PrgBdg", "--part", "title=PrjTitle",
           "--line", "Direct costs=BgdDC", "--line", "Support costs=BdgSC", "--rest", "Other costs",
           "--payee-reference", "PrjCode")
GIVEN = ("15000000", "12500000.55", "12499999.45")
REVIEWERS, MEMBERS = tuple(f"reviewer{n}" for n in range(3)), tuple(f"member{n}" for n in range(5))
HANDS = {"fund": "administrator", "treasurer": "treasurer", "approver": "approver", "releaser": "releaser",
         **dict.fromkeys(REVIEWERS, "reviewer"), **dict.fromkeys(MEMBERS, "committee_member")}
LETTERS = {
    "en": {"granted": "We grant the whole sum. Please tell us after the first part how it went.",
           "declined": "The received money was used up by applications with higher scores. Please apply again."},
    "fr": {"granted": "Nous accordons la somme entière. Racontez-nous la première partie, s'il vous plaît.",
           "declined": "L'argent reçu est allé aux demandes mieux notées. Revenez au prochain appel."},
}
Row = dict[str, str]


def minor(amounts: Iterable[str]) -> int:
    """The sum of the file's own figures in cents, reckoned without the house's code."""
    return int(sum(Decimal(amount) for amount in amounts) * 100)


class FundRun:
    """One run: the file's rows, the fund, its call."""

    def __init__(self, job: "Real") -> None:
        self.job, self.data = job, job.settings.data / "cbpf" / FILE
        self.rows: list[Row] = []
        self.codes = factors.made_codes()  # of her who brings the applications: one for each time
        self.fund = job.organisations["fund"] = uuid.uuid4()
        self.call = uuid.UUID(int=0)
        self.counts: dict[str, int] = {}

    def read(self) -> None:
        """The first projects of the file."""
        with self.data.open(encoding="utf-8-sig", newline="") as file:
            self.rows = [row for _, row in zip(range(PROJECTS), csv.DictReader(file), strict=False)]

    def cast(self) -> None:
        """The fund with its people, and every organisation of the file."""
        from polyphony.demo.real import house, verifier

        rows: list[Any] = [house(self.fund, "Fund", "fund")]
        rows += [house(uuid.uuid4(), name, "stakeholder") for name in sorted({row["OrgNm"] for row in self.rows})]
        with self.job.app.app_context():
            opening = verifier()
            for name, role in HANDS.items():
                rows += self.job.person(name, "fund", (role,), opening if name == "fund" else b"-")
            mine = next(row.id for row in rows if isinstance(row, Person) and row.name == "Fund")
            rows += [factors.app_row(mine, factors.fresh_secret()),
                     *(factors.recovery_row(mine, code) for code in self.codes)]
        self.job.put(rows)

    def found(self) -> None:
        """The fund is founded and its committee seated."""
        until = clock.today() + timedelta(days=365)
        with self.job.acting(self.job.people["fund"]) as by:
            bodies.found(by, fund_id=self.fund, purpose="To pay for projects that help.", lang="en")
        with self.job.acting(self.job.people["fund"]) as by:
            body = db.session.scalars(sa.select(Body.id).where(Body.kind == "allocation")).one()
            seats = db.session.scalars(sa.select(Membership.id).where(
                Membership.organisation_id == self.fund, Membership.role == "committee_member")).all()
            for n, seat in enumerate(seats):
                bodies.seat(by, *bodies.body(by, body), membership_id=seat, shown_as=f"Member {n}",
                            comes_from=f"Place {n}", constituency="south_civil_society", until=until)

    def give(self) -> None:
        """Three companies promise, and their money comes."""
        for n, amount in enumerate(GIVEN):
            with self.job.acting(self.job.people[f"company{n}"]) as by:
                giving.promise(by, fund_id=self.fund, company_id=self.job.organisations[f"company{n}"],
                               currency=CURRENCY, amount=money.parse(amount, CURRENCY), due_on=clock.in_days(30))
        with self.job.acting(self.job.people["treasurer"]) as by:
            for n, promise in enumerate(db.session.scalars(sa.select(Pledge)).all()):
                giving.record(by, fund_id=self.fund, currency=CURRENCY, amount=promise.amount, pledge_id=promise.id,
                              received_on=clock.today(), bank_reference=f"Transfer {n}")

    def announce(self) -> None:
        """One call, announced an hour ago and opened by the job."""
        now = clock.now()
        texts = {"title": "Projects of 2015", "plain": "Money for projects that help.", "about": "For a year.",
                 "who_can_apply": "Organisations on the spot.", "what_for": "Whatever the project needs."}
        with self.job.acting(self.job.people["fund"]) as by, clock.at(now - timedelta(hours=1)):
            made = calls.create(by, fund=self.fund, source_lang="en", **texts, languages=["en"], currency=CURRENCY,
                                envelope=money.parse("100000000", CURRENCY), smallest=1_00, time_zone="UTC",
                                largest=money.parse("5000000", CURRENCY), opens_at=now - timedelta(minutes=30),
                                closes_at=now + timedelta(days=20), reviews_each=2)
            self.call = made.id
            calls.set_criteria(by, id=made.id, rows=[{"name": "Need", "words": "", "weight": 60},
                                                     {"name": "Plan", "words": "", "weight": 40}])
            db.session.flush()
            calls.schedule(by, id=made.id)
        self._turn(now)

    def _turn(self, moment: Any) -> None:
        with self.job.worker.app_context(), clock.at(moment):
            turn_with_time()
            db.session.commit()

    def bring(self) -> None:
        """Every project through `polyphony import applications`, twice: the second run should bring in nothing."""
        with tempfile.TemporaryDirectory() as folder:
            files = [self._file(Path(folder), *each) for each in COUNTRIES.items()]
            for new, known in (("brought", "known before"), ("brought twice", "known")):
                done = [self.job.imported("applications", file, "fund", "--call", str(self.call), "--code",
                                          self.codes.pop(), *COLUMNS, "--in", country, "--lang", lang, "--level",
                                          "full")
                        for file, country, lang in files]
                self.counts[new] = sum(each.added for each in done)
                self.counts[known] = sum(each.known for each in done)

    def _file(self, folder: Path, fund: str, told: tuple[str, str]) -> tuple[Path, str, str]:
        """The projects of one country, in one language, with the columns as they are."""
        path = folder / f"{fund}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, self.rows[0])
            table.writeheader()
            table.writerows(row for row in self.rows if row["PFId"] == fund)
        return path, *told

    def review(self) -> None:
        """The call closes; every application is shared out, scored and locked twice."""
        self._turn(clock.now() + timedelta(days=21))
        with self.job.acting(self.job.people["fund"]) as by:
            self.counts["asked"] = reviewing.share_out(by, call_id=self.call)
        jobs.run_pending(self.job.worker)  # the other rooms are asked about conflicts before anybody locks
        for name in REVIEWERS:
            with self.job.acting(self.job.people[name]) as by:
                criteria = db.session.scalars(sa.select(Criterion.id).order_by(Criterion.place)).all()
                mine = db.session.scalars(sa.select(Assignment.application_id).where(
                    Assignment.person_id == by.person)).all()
                for n, case in enumerate(mine):
                    reviewing.score(by, application_id=case, given=[
                        (criterion, 1 + (case.int + n * place) % 5, "") for place, criterion in enumerate(criteria)])
                    reviewing.lock(by, application_id=case, words="I have read it with care.")

    def decide(self) -> None:
        """The committee votes best first for what received money reaches, and its decisions are recorded."""
        with self.job.acting(self.job.people["fund"]) as by:
            chosen = table.in_order(by, self.call)
            everything = list(db.session.scalars(sa.select(Application.id).where(Application.call_id == self.call)))
        for name in MEMBERS:
            with self.job.acting(self.job.people[name]) as by:
                for case in everything:
                    choice = "for" if case in chosen else "against"
                    deciding.vote(by, application_id=case, choice=choice, words="After the scores.", revision=1)
        for case in [*chosen, *(each for each in everything if each not in chosen)]:
            with self.job.acting(self.job.people["fund"]) as by:
                deciding.decide(by, case=deciding.standing(by, case), ruling=self._ruling(case, case in chosen))
        with self.job.acting(self.job.people["fund"]) as by:
            calls.finish(by, id=self.call)

    def _ruling(self, case: uuid.UUID, granted: bool) -> Ruling:
        asked = db.session.get_one(Application, case)
        outcome, whole = "granted" if granted else "declined", asked.requested
        words = LETTERS[asked.lang][outcome]
        if not granted:
            return Ruling(outcome, "money", words)
        parts = (Due(whole - whole // 3, clock.today()), Due(whole // 3, clock.in_days(20), "A short account"))
        return Ruling(outcome, "need", words, whole, parts)

    def pay(self) -> None:
        """Both instalments of every grant through three hands, and the bank confirms."""
        with self.job.acting(self.job.people["treasurer"]) as by:
            for part in db.session.scalars(sa.select(Instalment.id).order_by(Instalment.place)).all():
                paying.prepare(by, instalment_id=part, words="The account was heard.")
        for who, verb in (("approver", "approve"), ("releaser", "release"), ("treasurer", "confirm")):
            with self.job.acting(self.job.people[who]) as by:
                for payment in db.session.scalars(sa.select(Payment.id)).all():
                    paying.take(by, payment_id=payment, verb=verb)
                refresh()

    def seal(self) -> None:
        """The job seals every entry."""
        with self.job.worker.app_context():
            self.counts["sealed"] = seal_new()
            db.session.commit()

    def missing(self) -> list[str]:
        """What does not add up: counts, the ledger, every invariant, and the statement against the file."""
        with self.job.worker.app_context():
            wrong = [f"{found.invariant.name} is broken: {found.broken[:3]}" for found in verify.check()
                     if not found.holds]
            granted = set(db.session.scalars(sa.select(Grant.application_id)))
            wrong += self._counted(len(granted))
            lines = db.session.scalar(sa.select(sa.func.sum(BudgetLine.amount))) or 0
        if lines != minor(row["PrgBdg"] for row in self.rows):
            wrong.append(f"the budget lines are {lines} in all")
        return wrong + self._against_file(granted)

    def _counted(self, granted: int) -> list[str]:
        found = {model.__name__: db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0 for model in (
            Application, BudgetLine, Decision, Grant, Instalment, Payment, Seal)}
        click.echo("  counted: " + ", ".join(f"{number} {name}" for name, number in {**found, **self.counts}.items()))
        # Money in, an award for each grant, and for each of its two payments a release and a confirmation.
        expected = {"Application": PROJECTS, "Decision": PROJECTS, "Instalment": 2 * granted, "Payment": 2 * granted,
                    "Seal": len(GIVEN) + 5 * granted}
        wrong = [f"{name}: {found[name]} instead of {number}" for name, number in expected.items()
                 if found[name] != number]
        # How many entries were left to seal depends on when the job came before, every five minutes.
        done = {"brought": PROJECTS, "known before": 0, "brought twice": 0, "known": PROJECTS,
                "asked": 2 * PROJECTS}
        return wrong + [f"{name}: {self.counts.get(name)} instead of {number}" for name, number in done.items()
                        if self.counts.get(name) != number]

    def _against_file(self, granted: set[uuid.UUID]) -> list[str]:
        """The public statement, read by a visitor, against the sums of the file's own rows."""
        rows = [row for row in self.rows if uuid.uuid5(self.call, row["PrjCode"]) in granted]
        told, came = minor(row["PrgBdg"] for row in rows), minor(GIVEN)
        with self.job.acting(None):
            (here,) = statement.figures(self.fund, clock.today())
            shown = db.session.scalar(sa.text("SELECT sum(amount) FROM fund.grants_shown(:fund, current_date)"),
                                      {"fund": self.fund})
        pairs = {"grants of the file": (len(rows), len(granted)), "received": (here.received, came),
                 "granted": (here.granted, told), "paid": (here.paid, told), "each grant shown": (shown, told),
                 "awarded and available": (here.granted + here.available, came), "on its way": (here.on_way, 0)}
        click.echo(f"  {len(granted)} of {PROJECTS} granted: {here.said('granted')} of {here.said('received')} "
                   f"received, {here.said('available')} available")
        return [f"{name}: {found} instead of {wanted}" for name, (found, wanted) in pairs.items() if found != wanted]


def run(job: "Real", timed: Callable[[str, Callable[[], Any]], Any]) -> list[str]:
    """The fund's part of the run; what is missing, in words."""
    here = FundRun(job)
    if not here.data.is_file():
        return [f"the projects are not here: {here.data}"]
    timed("read the projects", here.read)
    timed("the fund, its people and every organisation of the file", here.cast)
    timed("the fund is founded, its committee sits", here.found)
    timed("three companies promise; their money comes", here.give)
    timed("the call is announced; the job opens it", here.announce)
    timed(f"{PROJECTS} applications imported, and once more", here.bring)
    timed("each reviewed twice", here.review)
    timed("voted on and decided until received money is used", here.decide)
    timed("paid in two instalments by three hands", here.pay)
    timed("every entry sealed by the job", here.seal)
    wrong: list[str] = timed("every invariant, and the statement against the file", here.missing)
    return wrong
