"""Payments and their provider together: opening a charge, asking how it went, clearing up what was left.

Calls to a provider are made outside transactions; each leaves the payment in a state from which it can be asked again.
"""

from __future__ import annotations

import datetime as dt
import logging

from denghuo.apps.customers.choices import PaymentState
from denghuo.apps.customers.models import Payment
from denghuo.apps.customers.payments import actions
from denghuo.apps.customers.payments.port import Order, Provider, ProviderError
from denghuo.apps.customers.payments.registry import provider_of
from denghuo.core import moment
from denghuo.core.actors import Actor

logger = logging.getLogger("denghuo.payments")
SUBJECT = "电费"
AT_ONCE = 200


def open_charge(actor: Actor, payment: Payment, *, return_url: str, notify_url: str) -> str:
    """Open the provider's charge for a payment; gives where to pay. Safe to repeat. Raises ProviderError."""
    provider = _provider(payment)
    order = Order(payment.number, payment.amount, SUBJECT, payment.expires_at, return_url, notify_url)
    charge = provider.create(order)
    actions.mark_paying(actor, payment.pk, ref=charge.ref)
    return charge.pay_url


def refresh(actor: Actor, payment: Payment) -> Payment:
    """Ask the provider and act on the answer: settle what was paid, fail what was closed or has expired, refund what
    must go back. Gives the payment as it then stands. Raises ProviderError."""
    provider = _provider(payment)
    if payment.state == PaymentState.REFUNDING:
        provider.refund(payment.number, payment.provider_ref, payment.amount)
        return actions.mark_refunded(actor, payment.pk)
    if payment.state not in actions.UNSETTLED:
        return payment
    notice = provider.query(payment.number, payment.provider_ref)
    if notice.state == "paid":
        settled = actions.settle_payment(actor, notice)
        return refresh(actor, settled) if settled.state == PaymentState.REFUNDING else settled
    if notice.state == "closed":
        return actions.fail_payment(actor, payment.pk, reason="cancelled")
    if payment.expires_at <= moment.now():
        # Closed first: from here on nobody can pay, so what we call failed stays unpaid. Asked again, as the customer may
        # have paid between the two calls.
        provider.close(payment.number, payment.provider_ref)
        if provider.query(payment.number, payment.provider_ref).state == "paid":
            return refresh(actor, payment)
        return actions.fail_payment(actor, payment.pk, reason="expired")
    return payment


def cancel(actor: Actor, payment: Payment) -> Payment:
    """The customer gives up: close at the provider, then here; a payment that was made meanwhile settles instead."""
    provider = _provider(payment)
    provider.close(payment.number, payment.provider_ref)
    if provider.query(payment.number, payment.provider_ref).state == "paid":
        return refresh(actor, payment)
    return actions.fail_payment(actor, payment.pk, reason="cancelled")


def clear_up(older_than: dt.timedelta) -> int:
    """Refresh every payment that has been under way for a while; give how many were looked at.

    What catches closed browsers and lost notices. Partial index ``customers_payment_unsettled``.
    """
    rows = Payment.objects.filter(
        state__in=[*actions.UNSETTLED, PaymentState.REFUNDING], created_at__lt=moment.now() - older_than
    )
    actor, count = Actor.system("payments"), 0
    for payment in rows.order_by("created_at")[:AT_ONCE]:
        try:
            refresh(actor, payment)
        except ProviderError:
            logger.warning("the payment provider did not answer for payment %s", payment.pk)
        count += 1
    return count


def _provider(payment: Payment) -> Provider:
    provider = provider_of(payment.provider)
    if provider is None:
        raise ProviderError(f"no provider {payment.provider!r} here")
    return provider
