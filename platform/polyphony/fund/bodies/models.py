"""The fund, its two bodies, the rules of who may sit there, and who sits."""

import uuid
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from polyphony.kernel.database import Base, Row, at_most, one_of, to

BODIES = ("governing", "allocation")
CONSTITUENCIES = ("south_civil_society", "other_civil_society", "academic", "public_body", "independent", "contributor")
RULES = ("least_seats", "least_share", "most_per_organisation", "longest_term", "no_contributors", "quorum_share",
         "quorum_least")
# Who reads applications, or to whom money is paid: nobody with a seat at a company.
APART = ("administrator", "reviewer", "committee_member", "treasurer", "approver", "releaser", "translator")


class Fund(Base):
    """A pooled fund. It is an organisation of the kind 'fund'; its members are its people."""

    __tablename__ = "fund"
    __table_args__ = (at_most("purpose", 20_000), {"schema": "fund"})
    organisation_id: Mapped[uuid.UUID] = to("organisations.organisation.id", primary_key=True)
    purpose: Mapped[str]
    lang: Mapped[str]
    founded_on: Mapped[date]


class Body(Row, Base):
    """The governing body, which sets the rules, or the allocation committee, which decides on applications."""

    __tablename__ = "body"
    __table_args__ = (one_of("kind", BODIES), sa.UniqueConstraint("fund_id", "kind"), {"schema": "fund"})
    fund_id: Mapped[uuid.UUID] = to("fund.fund.organisation_id")
    kind: Mapped[str]


class CompositionRule(Base):
    """One rule of a body as data: a share in percent, a number of seats, or months of a term."""

    __tablename__ = "composition_rule"
    __table_args__ = (
        one_of("kind", RULES), one_of("constituency", ("", *CONSTITUENCIES)),
        sa.CheckConstraint("number >= 0", name="number"), {"schema": "fund"},
    )
    body_id: Mapped[uuid.UUID] = to("fund.body.id", primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    constituency: Mapped[str] = mapped_column(primary_key=True, default="")
    number: Mapped[int]


class Seat(Base):
    """A member of the fund's organisation sits in a body, from a day until a day, for a constituency; after one term
    she may have another."""

    __tablename__ = "seat"
    __table_args__ = (
        one_of("constituency", CONSTITUENCIES), at_most("shown_as", 300), at_most("comes_from", 300),
        sa.CheckConstraint("begun_on < until", name="term"), {"schema": "fund"},
    )
    membership_id: Mapped[uuid.UUID] = to("organisations.membership.id", primary_key=True)
    body_id: Mapped[uuid.UUID] = to("fund.body.id", primary_key=True)
    person_id: Mapped[uuid.UUID] = to("people.person.id")
    shown_as: Mapped[str]  # the name under which the public sees who sits
    comes_from: Mapped[str]  # the organisation or field she comes from, in words
    constituency: Mapped[str]
    begun_on: Mapped[date] = mapped_column(primary_key=True)
    until: Mapped[date]


class Turn(Base):
    """Who acts on one thing at the same moment takes turns here: the second meets the row and begins again.

    A lock alone would not do: a write works on one picture of the database, taken before it waited.
    """

    __tablename__ = "turn"
    __table_args__ = {"schema": "fund"}
    about: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(sa.BigInteger)
