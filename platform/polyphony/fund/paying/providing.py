"""What payments answer when others ask: which of them wait for somebody's hand."""


import sqlalchemy as sa
from flask import url_for

from polyphony.fund.deciding.models import Grant, Instalment
from polyphony.fund.paying import rules, service, words
from polyphony.fund.paying.models import Payment, PaymentStep
from polyphony.kernel import clock, money
from polyphony.kernel.database import db
from polyphony.kernel.locale import ngettext
from polyphony.kernel.providers import Waits, provide
from polyphony.kernel.viewer import Viewer


@provide("waits")
def payments(by: Viewer) -> list[Waits]:
    """Payments whose next step is hers, and the instalments that fall due in the funds she is treasurer of."""
    turns = [sa.and_(Payment.state == state, Payment.fund_id.in_(by.of(rules.HANDS[verb])))
             for state, verb in words.NEXT.items() if by.of(rules.HANDS[verb])]
    if not turns:
        return []
    had = sa.exists().where(PaymentStep.payment_id == Payment.id, PaymentStep.person_id == by.person)
    rows = db.session.scalars(sa.select(Payment).where(
        sa.or_(*turns), sa.or_(Payment.state == "released", ~had)).order_by(Payment.id).limit(50))
    found = [Waits(str(words.HOME[words.NEXT[each.state]]) % {"amount": money.shown(each.amount, each.currency)},
                   url_for("fund.payment", payment_id=each.id)) for each in rows]
    return [*found, *_due(by)]


def _due(by: Viewer) -> list[Waits]:
    """One line for each fund: how many instalments are due and not prepared, and the earliest day."""
    if not by.of("fund_treasury"):
        return []
    carried = sa.exists().where(Payment.instalment_id == Instalment.id, Payment.state.in_(service.LIVING))
    rows = db.session.execute(
        sa.select(Grant.fund_id, sa.func.count(), sa.func.min(Instalment.due_on))
        .join(Grant, Grant.id == Instalment.grant_id)
        .where(Grant.fund_id.in_(by.of("fund_treasury")), Instalment.cancelled_on.is_(None), ~carried,
               Instalment.due_on <= clock.in_days(rules.EARLY)).group_by(Grant.fund_id))
    return [Waits(ngettext("Prepare the payment of %(num)s instalment",
                           "Prepare the payments of %(num)s instalments", number),
                  url_for("fund.payments", fund_id=fund_id), first, warn=first < clock.today())
            for fund_id, number, first in rows]
