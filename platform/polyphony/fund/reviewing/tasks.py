"""Conflicts of interest are searched when an application is sent, when a call closes, when reviews are given out, when
somebody joins the fund, and again every night."""

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from polyphony.fund.applying.models import Applicant, Application
from polyphony.fund.deciding.models import Grant, Instalment
from polyphony.fund.paying.models import Payment
from polyphony.fund.reviewing.models import Recusal
from polyphony.kernel import clock, jobs, providers
from polyphony.kernel.database import db
from polyphony.kernel.jobs import task
from polyphony.organisations.models import Membership, MembershipEnd


@task("fund.find_conflicts", every="20 2 * * *")
def find_conflicts() -> int:
    """Write down every conflict between the fund's people and applications that are judged or paid; repeating it adds
    nothing.

    Every night anew, for rules and memberships change without an event.
    """
    found = int(db.session.scalar(sa.text("SELECT fund.find_conflicts(NULL, NULL)")) or 0)
    return found + ask_rooms()


@task("fund.ask_rooms")
def ask_rooms(application_id: str = "", call_id: str = "", person_id: str = "") -> int:
    """Ask the other rooms about everybody of the fund and every applicant; each says yes or no, never why.

    A yes is written down like a conflict that the database found by itself, so that it holds on every path.
    """
    only = [column == uuid.UUID(given) for column, given in (
        (Application.id, application_id), (Application.call_id, call_id), (Membership.person_id, person_id)) if given]
    rows = [{"id": uuid.uuid4(), "application_id": application, "fund_id": fund, "person_id": person, "origin": "found",
             "kind": "other", "words": "", "at": clock.now()}
            for application, fund, person, organisation in _not_aside(*only)
            if any(providers.ask("conflict", person, organisation))]
    if rows:
        db.session.execute(insert(Recusal).values(rows).on_conflict_do_nothing())
    return len(rows)


@providers.provide("joined")
def joined(person_id: uuid.UUID, organisation_id: uuid.UUID) -> None:
    """Whoever joins the fund is asked about before she judges or pays; also if she joins another organisation."""
    jobs.defer("fund.ask_rooms", person_id=person_id)


def _not_aside(*only: Any) -> list[Any]:
    """(application, fund, person, applicant) for everybody who has not stepped aside from an application that waits for
    its decision, or for money."""
    over = sa.exists().where(MembershipEnd.membership_id == Membership.id)
    aside = sa.exists().where(Recusal.application_id == Application.id, Recusal.person_id == Membership.person_id)
    paid = sa.exists().where(Payment.instalment_id == Instalment.id, Payment.state == "confirmed")
    unpaid = sa.exists().where(Grant.application_id == Application.id, Instalment.grant_id == Grant.id,
                               Instalment.cancelled_on.is_(None), ~paid)
    return list(db.session.execute(
        sa.select(Application.id, Application.fund_id, Membership.person_id, Applicant.organisation_id)
        .join(Applicant, Applicant.application_id == Application.id)
        .join(Membership, Membership.organisation_id == Application.fund_id)
        .where(sa.or_(Application.state == "submitted", unpaid), ~over, ~aside, *only).distinct()).all())
