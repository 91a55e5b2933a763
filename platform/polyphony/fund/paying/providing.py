"""What payments answer when others ask: which of them wait for somebody's hand."""

import sqlalchemy as sa
from flask import url_for

from polyphony.fund.deciding.models import Grant, Grantee, Instalment
from polyphony.fund.paying import rules, words
from polyphony.fund.paying.models import LIVING, Payment, PaymentStep
from polyphony.kernel import clock, money
from polyphony.kernel.database import db
from polyphony.kernel.locale import _, ngettext
from polyphony.kernel.providers import Waits, provide
from polyphony.kernel.viewer import Viewer
from polyphony.organisations.models import Organisation

SHOWN = 50


@provide("waits")
def waits(by: Viewer) -> list[Waits]:
    """Payments whose next step is hers, instalments that fall due, and a grantee's reference that is missing."""
    return [*_turns(by), *_due(by), *_unnamed(by)]


def _turns(by: Viewer) -> list[Waits]:
    """Payments that wait for this person, those due first in front, each with its payee."""
    turns = [sa.and_(Payment.state == state, Payment.fund_id.in_(by.of(rules.HANDS[verb])))
             for state, verb in words.NEXT.items() if by.of(rules.HANDS[verb])]
    if not turns:
        return []
    had = sa.exists().where(PaymentStep.payment_id == Payment.id, PaymentStep.person_id == by.person)
    rows = db.session.execute(
        sa.select(Payment, Instalment.due_on, sa.func.coalesce(Organisation.name, ""))
        .join(Instalment, Instalment.id == Payment.instalment_id)
        .outerjoin(Grantee, Grantee.grant_id == Payment.grant_id)
        .outerjoin(Organisation, Organisation.id == Grantee.organisation_id)
        .where(sa.or_(*turns), sa.or_(Payment.state == "released", ~had))
        .order_by(Instalment.due_on, Payment.id).limit(SHOWN))
    return [Waits(str(words.HOME[words.NEXT[each.state]]) % {"amount": money.shown(each.amount, each.currency),
                                                             "payee": name or _("A grantee")},
                  url_for("fund.payment", payment_id=each.id), due) for each, due, name in rows]


def _unnamed(by: Viewer) -> list[Waits]:
    """Grants of hers from which nothing can be paid, because the bank would not know her."""
    if not by.of("applied"):
        return []
    unpaid = sa.exists().where(Instalment.grant_id == Grant.id, Instalment.cancelled_on.is_(None))
    rows = db.session.scalars(sa.select(Grant.id).join(Grantee, Grantee.grant_id == Grant.id).where(
        Grant.application_id.in_(by.of("applied")), Grantee.payee_reference == "", unpaid))
    return [Waits(_("Say how the bank knows you: your grant cannot be paid before"), url_for("fund.payee", grant_id=id))
            for id in rows]


def _due(by: Viewer) -> list[Waits]:
    """One line for each fund: how many instalments are due and not prepared, and the earliest day."""
    if not by.of("fund_treasury"):
        return []
    carried = sa.exists().where(Payment.instalment_id == Instalment.id, Payment.state.in_(LIVING))
    rows = db.session.execute(
        sa.select(Grant.fund_id, sa.func.count(), sa.func.min(Instalment.due_on))
        .join(Grant, Grant.id == Instalment.grant_id)
        .where(Grant.fund_id.in_(by.of("fund_treasury")), Instalment.cancelled_on.is_(None), ~carried,
               Instalment.due_on <= clock.in_days(rules.EARLY)).group_by(Grant.fund_id))
    return [Waits(ngettext("Prepare the payment of %(num)s instalment",
                           "Prepare the payments of %(num)s instalments", number),
                  url_for("fund.payments", fund_id=fund_id), first, warn=first < clock.today())
            for fund_id, number, first in rows]
