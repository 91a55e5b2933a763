"""A fund with all its people, put straight into the database, past row security."""

import uuid
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from tests import make

from polyphony.fund.applying.models import Applicant, Application, BudgetLine, Part
from polyphony.fund.bodies.models import Body, CompositionRule, Fund, Seat
from polyphony.fund.calls.models import Call, Criterion
from polyphony.organisations.models import Membership

HANDS = {"admin": "administrator", "treasurer": "treasurer", "approver": "approver", "releaser": "releaser",
         "translator": "translator"}


def fund(world: Any, *, members: int = 5, reviewers: int = 3) -> uuid.UUID:
    """A fund and its people: admin@fund.org, treasurer@…, approver@…, releaser@…, reviewer1@…, member1@… ."""
    org = make.organisation(world, "The Common Fund", "fund")
    f = world.facts
    for seat, role in HANDS.items():
        f[seat] = make.person(world, f"{seat}@fund.org", seats=((org, role),))
    for n in range(1, reviewers + 1):
        f[f"reviewer{n}"] = make.person(world, f"reviewer{n}@fund.org", seats=((org, "reviewer"),))
    body = Body(id=uuid.uuid4(), fund_id=org, kind="allocation")
    make.add(world, Fund(organisation_id=org, purpose="To pay for time", lang="en", founded_on=make.today()), body,
             Body(id=uuid.uuid4(), fund_id=org, kind="governing"),
             CompositionRule(body_id=body.id, kind="quorum_least", number=3),
             CompositionRule(body_id=body.id, kind="quorum_share", number=50))
    for n in range(1, members + 1):
        who = f[f"member{n}"] = make.person(world, f"member{n}@fund.org", seats=((org, "committee_member"),))
        with Session(world.raw) as session:
            membership = session.scalars(sa.select(Membership.id).where(Membership.person_id == who)).one()
        make.add(world, Seat(membership_id=membership, body_id=body.id, person_id=who, shown_as=f"Member {n}",
                             comes_from="civil society", constituency="south_civil_society", begun_on=make.today(),
                             until=make.today() + timedelta(days=700)))
    f["fund"] = org
    return org


def call(world: Any, fund_id: uuid.UUID, *, state: str = "closed", currency: str = "KES", **changes: Any) -> uuid.UUID:
    """A call with two criteria (60 and 40)."""
    begun = -20 if state != "scheduled" else 5
    until = {"open": 10, "scheduled": 30}.get(state, -5)
    made = Call(**{"id": uuid.uuid4(), "fund_id": fund_id, "state": state, "currency": currency,
                   "envelope": 100_000_00, "smallest": 1_00, "largest": 50_000_00, "source_lang": "en",
                   "languages": ["en"], "title": "Time to speak", "plain": "Money for time.", "about": "About.",
                   "who_can_apply": "Stakeholder organisations.", "what_for": "Time.",
                   "opens_at": make.now() + timedelta(days=begun), "closes_at": make.now() + timedelta(days=until),
                   **changes})
    make.add(world, made, *(Criterion(id=uuid.uuid4(), call_id=made.id, place=n, name=name, weight=weight)
                            for n, (name, weight) in enumerate((("Need", 60), ("Plan", 40)), start=1)))
    return made.id


def application(world: Any, call_id: uuid.UUID, organisation_id: uuid.UUID, *, requested: int = 1_000_00,
                state: str = "submitted", **changes: Any) -> uuid.UUID:
    """An application of this organisation, complete, in English."""
    fund_id = world.sql("SELECT fund_id FROM fund.call WHERE id = %s", call_id)[0][0]
    made = Application(**{"id": uuid.uuid4(), "call_id": call_id, "fund_id": fund_id, "state": state, "lang": "en",
                          "requested": requested, "country": "KE", "submitted_on": make.today(), **changes})
    make.add(world, made, Applicant(application_id=made.id, organisation_id=organisation_id, payee_reference="P-1"),
             *(Part(id=uuid.uuid4(), application_id=made.id, name=name, words=f"{name} in words", lang=made.lang)
               for name in ("title", "summary", "need", "plan", "people", "safety")),
             BudgetLine(id=uuid.uuid4(), application_id=made.id, place=1, words="Time", amount=requested))
    return made.id
