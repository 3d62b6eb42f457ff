"""Background and periodic work of the customers app."""

from __future__ import annotations

import datetime as dt

from denghuo.apps.customers.marks.actions import settle_marks as _settle_marks
from denghuo.apps.customers.payments import flow, local
from denghuo.apps.customers.voltage import forget_readings as _forget_readings
from denghuo.core.jobs import job, periodic

LEFT_ALONE = dt.timedelta(minutes=2)  # the notice and the returning browser come first


@periodic(60, name="customers.clear_payments")
def clear_payments() -> None:
    """Payments whose browser was closed or whose notice was lost; settles once however often it runs."""
    flow.clear_up(LEFT_ALONE)


@job(name="customers.deliver_test_notice")
def deliver_test_notice(ref: str) -> None:
    """The test provider's call to us. Repeated until answered, as real providers do."""
    local.deliver(ref)


@periodic("5 * * * *", name="customers.settle_marks")
def settle_marks() -> None:
    """Marks that began or ended with the day; settles once however often it runs."""
    _settle_marks()


@periodic("41 3 * * *", name="customers.forget_voltages", retries=2)
def forget_voltages() -> None:
    """Voltages past ``voltage.keep_days``, by night."""
    _forget_readings()
