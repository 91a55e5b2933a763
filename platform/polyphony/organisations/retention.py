"""What is kept of organisations and of those who act for them."""

import sqlalchemy as sa

from polyphony.kernel.database import db
from polyphony.kernel.locale import lazy
from polyphony.kernel.retention import (
    ACCOUNT,
    EMPTIED,
    ORGANISATION,
    STAYS,
    Datum,
    Gone,
    Now,
    ends,
    erases,
    keeps,
)
from polyphony.organisations.models import FactorReset, Invitation, Membership, MembershipEnd
from polyphony.organisations.names import FUNCTION_NAMES, ROLE_NAMES
from polyphony.people.models import Credential

keeps(
    Datum("membership", (ACCOUNT,), lazy("For which organisation you act or acted, in which role, since when, who ended "
                                         "it and why; what you said as a steward about organisations"),
          lazy("As long as the organisation is on record. When your account is erased, your name and the reasons go."),
          lazy("So that it stays clear who was allowed to act for whom."), STAYS,
          {"organisations.membership": "id person_id organisation_id role function begun_at given_by why invitation_id",
           "organisations.membership_end": "membership_id at by reason",
           "organisations.approval": "id organisation_id person_id admits words at",
           "organisations.lift": "id organisation_id person_id required_at words at",
           "organisations.factor_reset": "id person_id organisation_id asked_by asked_at words steward_id decided_at granted"},
          "SELECT o.name AS organisation, m.role, m.function, m.begun_at, e.at AS ended_at, e.reason FROM "
          "organisations.membership m LEFT JOIN organisations.organisation o ON o.id = m.organisation_id LEFT JOIN "
          "organisations.membership_end e ON e.membership_id = m.id WHERE m.person_id = :person ORDER BY m.begun_at, m.id", erased=EMPTIED,
          codes={"role": ROLE_NAMES, "function": FUNCTION_NAMES}),
    Datum("invitation", (ACCOUNT,), lazy("Invitations by mail: the address (locked), the roles offered, and the words"),
          lazy("Address and words until 90 days after an invitation was answered, withdrawn or too old."),
          lazy("So that it can be sent, and taken back."), EMPTIED,
          {"organisations.invitation": "id purpose organisation_id invited_by address_hash address_sealed language roles "
                                       "function words token_hash at expires_at",
           "organisations.invitation_end": "invitation_id outcome by at"},
          "SELECT i.purpose, i.roles, i.words, i.at FROM organisations.invitation i WHERE i.invited_by = :person "
          "ORDER BY i.at, i.id", codes={"roles": ROLE_NAMES}),
    Datum("organisation", (ORGANISATION,), lazy("The name, kind, country and words of an organisation; when it came and "
                                                "when it left"),
          lazy("As long as something is on record that it said, answered or was paid."),
          lazy("So that every answer keeps the name of who gave it."), STAYS,
          {"organisations.organisation": "id name kind country about about_lang invited_by asked_on admitted_on "
                                         "turned_away_on",
           "organisations.departure": "organisation_id on words",
           "organisations.entrance": "organisation_id issuer client_id domain is_second acr changed_at tried_at required_at",
           "organisations.entrance_secret": "organisation_id sealed"}),
)

_IDLE = sa.text("""
    WITH gone AS (UPDATE people.person p SET ended_on = :today WHERE p.id IN (
      SELECT m.person_id FROM organisations.membership m JOIN people.person x ON x.id = m.person_id
      LEFT JOIN organisations.membership_end e ON e.membership_id = m.id
      WHERE x.ended_on IS NULL AND NOT (x.id = ANY (:held_people))
        AND NOT EXISTS (SELECT 1 FROM people.platform_role r WHERE r.person_id = x.id)
      GROUP BY m.person_id HAVING bool_and(e.at IS NOT NULL) AND max(e.at) < CAST(:today AS date) - interval '1 year'
      ORDER BY m.person_id LIMIT :most) RETURNING p.id)
    INSERT INTO people.erasure (id, person_id, asked_on) SELECT gen_random_uuid(), id, :today FROM gone""").bindparams(
        sa.bindparam("held_people", type_=sa.ARRAY(sa.Uuid())))


@ends("account")
def unused_accounts(now: Now) -> int:
    """Accounts that nobody needed for a year go the way of those whose owners erase them."""
    done = db.session.execute(_IDLE, {k: v for k, v in now.values.items() if k != "held"})
    return int(done.rowcount)  # type: ignore[attr-defined]



_ANSWERED = sa.text("""
    UPDATE organisations.invitation SET address_hash = '', address_sealed = '', words = '' WHERE id IN (
      SELECT i.id FROM organisations.invitation i LEFT JOIN organisations.invitation_end e ON e.invitation_id = i.id
      WHERE i.address_hash <> '' AND coalesce(e.at, i.expires_at) < CAST(:today AS date) - interval '90 days'
      ORDER BY i.id LIMIT :most)""")


@ends("invitation")
def old_invitations(now: Now) -> int:
    """The address of somebody who was invited is no longer needed."""
    done = db.session.execute(_ANSWERED, {"today": now.today, "most": now.most})
    return int(done.rowcount)  # type: ignore[attr-defined]


@erases()
def forget(gone: Gone) -> None:
    """Invitations to her address, and what was written of why she came, left, or lost her second factor."""
    if gone.person is None:
        return
    hers = sa.select(Credential.address_hash).where(Credential.person_id == gone.person).scalar_subquery()
    table = Invitation.__table__
    db.session.execute(sa.update(table).where(table.c.address_hash == hers).values(
        address_hash=b"", address_sealed=b"", words=""))
    seats = sa.select(Membership.id).where(Membership.person_id == gone.person)
    db.session.execute(sa.update(Membership).where(Membership.person_id == gone.person).values(why=""))
    db.session.execute(sa.update(FactorReset).where(FactorReset.person_id == gone.person).values(words=""))
    db.session.execute(sa.update(MembershipEnd).where(MembershipEnd.membership_id.in_(seats)).values(reason=""),
                       execution_options={"synchronize_session": False})
