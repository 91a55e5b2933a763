"""Work of the worker: released shares do not stay, and what people left loses its order. It can read none of it."""

import sqlalchemy as sa

from polyphony.kernel import audit, clock, providers
from polyphony.kernel.database import db
from polyphony.kernel.jobs import task
from polyphony.organisations.models import Membership, MembershipEnd
from polyphony.vault import leaving
from polyphony.vault.models import Holder, Keyholder

PARTS = (leaving,)


@task("vault.sweep", every="*/5 * * * *")
def sweep() -> None:
    """Drop released shares that were read or whose request has ended; begin circles that nothing keeps waiting."""
    db.session.execute(sa.select(sa.func.vault.sweep()))
    unseat()


@providers.provide("seat_has_ended")
def unseat() -> None:
    """The key of a keyholder whose seat has ended ends with it: nothing should be entrusted to who is gone."""
    seated = sa.exists().where(Membership.person_id == Holder.person_id, Membership.role == "keyholder",
                               Membership.organisation_id == Keyholder.organisation_id,
                               ~sa.exists().where(MembershipEnd.membership_id == Membership.id))
    gone = db.session.execute(sa.select(Keyholder.id, Keyholder.organisation_id).join(
        Holder, Holder.keyholder_id == Keyholder.id).where(Keyholder.ended_on.is_(None), ~seated)
        .order_by(Keyholder.id)).all()
    if gone:
        holders = sa.literal([id for id, _organisation in gone], sa.ARRAY(sa.Uuid()))
        db.session.execute(sa.select(sa.func.vault.unseat(holders, clock.today())))
    for id, organisation in gone:
        audit.record("keyholder.ended", id, about=organisation)


@task("vault.shuffle", every="27 2,8,14,20 * * *")
def shuffle() -> None:
    """Write every box anew in random order, so that neither place nor transaction tells who left it."""
    done = db.session.execute(sa.select(sa.func.vault.shuffle())).scalar_one()
    audit.record("vault.unlinked", anonymous=True, rows=done)
