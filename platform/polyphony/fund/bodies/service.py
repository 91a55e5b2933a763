"""Found the fund's record, set the rules of its bodies, give seats; and read who sits."""

import uuid
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from polyphony.fund.bodies import rules, words
from polyphony.fund.bodies.models import APART, BODIES, RULES, Body, CompositionRule, Fund, Seat
from polyphony.fund.bodies.rules import Asked, Sits
from polyphony.kernel import audit, clock, providers
from polyphony.kernel.access import require, there
from polyphony.kernel.database import db
from polyphony.kernel.refusals import NotPermitted
from polyphony.kernel.viewer import Viewer
from polyphony.organisations.models import Membership, MembershipEnd, Organisation
from polyphony.people.models import Person

# What a fund begins with; its administrators change it, and everybody sees it.
AT_FIRST = {
    "governing": (Asked("least_seats", 3), Asked("longest_term", 36)),
    "allocation": (Asked("least_seats", 5), Asked("least_share", 50, "south_civil_society"),
                   Asked("most_per_organisation", 1), Asked("longest_term", 36), Asked("no_contributors", 1),
                   Asked("quorum_share", 50), Asked("quorum_least", 3)),
}


@dataclass
class Sitting:
    """A body as everybody may see it: its rules, who sits, and which rules it does not keep."""

    id: uuid.UUID
    kind: str
    asked: list[Asked] = field(default_factory=list)
    seats: list[Sits] = field(default_factory=list)

    @property
    def rules(self) -> list[tuple[str, bool]]:
        """Each rule as a sentence, and whether it is kept."""
        return [(words.rule(r.kind, r.number, r.constituency), rules.holds(r, self.seats)) for r in self.asked]

    @property
    def in_order(self) -> bool:
        return not rules.broken(self.asked, self.seats)


def _administers(by: Viewer, fund_id: uuid.UUID) -> None:
    require(by.is_in("fund_admin", fund_id), NotPermitted(help=rules.ADMINISTRATOR.help))


def fund(fund_id: uuid.UUID) -> tuple[Fund | None, str]:
    """The fund's record, if it was founded, and its name. Raises `NotThere` for whatever is no fund."""
    row = db.session.execute(
        sa.select(Organisation.name, Fund).outerjoin(Fund, Fund.organisation_id == Organisation.id)
        .where(Organisation.id == fund_id, Organisation.kind == "fund")).first()
    kept = there(row)
    return kept.Fund, kept.name


def funds() -> list[tuple[uuid.UUID, str]]:
    """Every founded fund by name."""
    found = sa.select(Fund.organisation_id, Organisation.name).join(
        Organisation, Organisation.id == Fund.organisation_id)
    return [(id, name) for id, name in db.session.execute(found.order_by(Organisation.name, Organisation.id))]


def found(by: Viewer, *, fund_id: uuid.UUID, purpose: str, lang: str) -> None:
    """Begin the fund's record with its two bodies and their first rules. Raises `AlreadyFounded`."""
    _administers(by, fund_id)
    require(fund(fund_id)[0] is None, rules.AlreadyFounded())
    db.session.execute(sa.insert(Fund).values(organisation_id=fund_id, purpose=purpose, lang=lang,
                                              founded_on=clock.today()))
    for kind in BODIES:
        id = uuid.uuid4()
        db.session.execute(sa.insert(Body).values(id=id, fund_id=fund_id, kind=kind))
        _keep(id, AT_FIRST[kind])
    audit.record("fund.founded", fund_id, about=fund_id)


def bodies(fund_id: uuid.UUID) -> list[Sitting]:
    """Both bodies with their rules and living seats, for everybody."""
    found = {row.id: Sitting(row.id, row.kind) for row in db.session.execute(
        sa.select(Body.id, Body.kind).where(Body.fund_id == fund_id).order_by(Body.kind.desc()))}
    asked = db.session.scalars(sa.select(CompositionRule).where(CompositionRule.body_id.in_(found)))
    for rule in sorted(asked, key=lambda r: (RULES.index(r.kind), r.constituency)):
        found[rule.body_id].asked.append(Asked(rule.kind, rule.number, rule.constituency))
    for seat in db.session.execute(sa.text("SELECT * FROM fund.seated(:fund)"), {"fund": fund_id}):
        found[seat.body_id].seats.append(
            Sits(seat.shown_as, seat.comes_from, seat.constituency, seat.begun_on, seat.until))
    return list(found.values())


def body(by: Viewer, body_id: uuid.UUID) -> tuple[Body, Sitting]:
    """One body of a fund that this viewer administers."""
    kept = there(db.session.get(Body, body_id))
    _administers(by, kept.fund_id)
    return kept, next(each for each in bodies(kept.fund_id) if each.id == body_id)


def set_rules(by: Viewer, *, body_id: uuid.UUID, asked: list[Asked]) -> None:
    """Set the rules of a body; a body that does not keep them yet is shown as out of order to everybody."""
    kept, _ = body(by, body_id)
    db.session.execute(sa.delete(CompositionRule).where(CompositionRule.body_id == body_id))
    _keep(body_id, asked)
    audit.record("fund.rules_set", body_id, about=kept.fund_id,
                 rules={rule.kind: [rule.number, rule.constituency] for rule in asked})


def _keep(body_id: uuid.UUID, asked: Any) -> None:
    if asked:
        db.session.execute(sa.insert(CompositionRule).values(
            [{"body_id": body_id, "kind": r.kind, "constituency": r.constituency, "number": r.number} for r in asked]))


def candidates(kept: Body) -> list[tuple[uuid.UUID, str]]:
    """Living members who may be given a seat in this body and have none there today, by name."""
    over = sa.exists().where(MembershipEnd.membership_id == Membership.id)
    seated = sa.exists().where(Seat.body_id == kept.id, Seat.membership_id == Membership.id,
                              Seat.until > clock.today())
    wanted = sa.select(Membership.id, Person.name).join(Person, Person.id == Membership.person_id).where(
        Membership.organisation_id == kept.fund_id, ~over, ~seated)
    if kept.kind == "allocation":
        wanted = wanted.where(Membership.role == "committee_member")
    return [(id, name) for id, name in db.session.execute(wanted.order_by(Person.name, Person.id, Membership.begun_at))]


def seat(by: Viewer, kept: Body, sitting: Sitting, *, membership_id: uuid.UUID, shown_as: str, comes_from: str,
         constituency: str, until: date) -> None:
    """Give a member a seat from today on in a body that `body` has found for this viewer.

    Raises `BreaksRule` with the rule in words, `NotAMember`, `AlreadySits`.
    """
    chosen = db.session.scalar(sa.select(Membership).where(
        Membership.id == membership_id, Membership.organisation_id == kept.fund_id))
    if chosen is None or (kept.kind == "allocation" and chosen.role != "committee_member"):
        raise rules.NotAMember()
    given = Sits(shown_as, comes_from, constituency, clock.today(), until)
    rules.ensure_may_sit(sitting.asked, sitting.seats, given)
    db.session.execute(sa.insert(Seat).values(
        membership_id=chosen.id, body_id=kept.id, person_id=chosen.person_id, shown_as=shown_as, comes_from=comes_from,
        constituency=constituency, begun_on=given.begun_on, until=until))
    audit.record("fund.seat_given", kept.id, about=kept.fund_id, membership=str(chosen.id))


@providers.provide("may_invite")
def may_invite(by: Viewer, organisation_id: uuid.UUID, kind: str, address_hash: bytes, roles: list[str]) -> None:
    """Nobody with a company seat is invited to read applications or payments. Raises `SitsInCompany`.

    The other way round nothing is said: who works for a fund is not told to companies. There the invited person
    herself is refused when she accepts.
    """
    if kind != "fund" or not set(APART) & set(roles):
        return
    asked = sa.text("SELECT fund.sits_in_company(:fund, :address)").bindparams(
        sa.bindparam("fund", type_=sa.Uuid()), sa.bindparam("address", type_=sa.LargeBinary()))
    if db.session.scalar(asked, {"fund": organisation_id, "address": address_hash}):
        raise rules.SitsInCompany()


@providers.provide("waits")
def waits(by: Viewer) -> list[providers.Waits]:
    """For its administrators: a fund without a record, a body that is out of order."""
    from flask import url_for

    waiting = []
    for fund_id in sorted(by.of("fund_admin")):
        kept = bodies(fund_id)
        label = words.not_founded() if not kept else words.out_of_order()
        if not all(each.in_order for each in kept) or not kept:
            waiting.append(providers.Waits(label, url_for("fund.bodies", fund_id=fund_id)))
    return waiting
