"""Reading bills, usage and prices of accounts. Who may see them has been settled by the caller."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.customers.choices import BillState, CustomerKind, Plan
from denghuo.apps.customers.models import Account, Bill, MeterMonth, PeerMonth, TariffChoice
from denghuo.core import moment, policies
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine import tariff as engine

MONTHS = 13  # a year and the month it is compared with
DAY_MONTHS = 2
HUNDREDTHS = 100


@dataclass(frozen=True, slots=True)
class Usage:
    """What one account used. ``months``: (first of month, kWh, yuan), ``days``: (day, kWh), both oldest first.

    ``running`` is the energy of the month that has not ended, as far as measured.
    """

    account: Account
    plan: str
    bills: list[Bill]
    months: list[tuple[dt.date, int, Decimal]]
    days: list[tuple[dt.date, float]]
    running: float
    position: engine.Position | None
    tariff: engine.Tariff
    peer: PeerMonth | None = None
    advice: list[engine.Advice] = field(default_factory=list)


def today() -> dt.date:
    """The business day here."""
    return timezone.localdate(moment.now())


def month_of(day: dt.date) -> dt.date:
    """The first of the month."""
    return day.replace(day=1)


def months_before(month: dt.date, count: int) -> dt.date:
    """The first of the month ``count`` months earlier."""
    index = month.year * 12 + month.month - 1 - count
    return dt.date(index // 12, index % 12 + 1, 1)


def default_plan(kind: str) -> str:
    """The plan of an account that never chose one."""
    return Plan.BUSINESS if kind == CustomerKind.ENTERPRISE else Plan.RESIDENTIAL


def plans_of(account_ids: Collection[int], kinds: Mapping[int, str], at: dt.date) -> dict[int, str]:
    """The plan of each account on a day. One query by the unique index (account, valid_from)."""
    plans = {pk: default_plan(kinds[pk]) for pk in account_ids}
    chosen = TariffChoice.objects.filter(account_id__in=account_ids, valid_from__lte=at).order_by("valid_from")
    return plans | dict(chosen.values_list("account_id", "plan"))


def plan_label(plan: str) -> str:
    """The plan in words."""
    return str(Plan(plan).label)


def _rate(value: float) -> Decimal:
    return Decimal(str(value))


def tariff_for(plan: str, org: OrgUnit | None, at: dt.datetime | None = None) -> engine.Tariff:
    """The price list of a plan in a unit at a moment, from policies ``tariff.*``.

    Raises PolicyMissing when the company has set none.
    """
    if plan == Plan.BUSINESS:
        return engine.Tariff(plan, _rate(policies.get("tariff.business.base", org, at)))
    upto: dict[str, float] = policies.get("tariff.residential.upto", org, at)
    add: dict[str, float] = policies.get("tariff.residential.add", org, at)
    tiers = [engine.Tier(int(upto[step]), _rate(add.get(step, 0))) for step in sorted(upto, key=int)]
    tiers.append(engine.Tier(None, _rate(add.get(str(len(tiers) + 1), 0))))
    base = _rate(policies.get("tariff.residential.base", org, at))
    period = "month" if policies.get("tariff.residential.period", org, at) == "month" else "year"
    if plan == Plan.RESIDENTIAL:
        return engine.Tariff(plan, base, tuple(tiers), period)
    bands: dict[str, float] = policies.get("tariff.residential.bands", org, at)
    valley = policies.get("tariff.residential.valley", org, at)
    span = (_minute(valley["from"]), _minute(valley["to"]))
    rates = {code: _rate(bands[code]) for code in ("peak", "valley")}
    return engine.Tariff(plan, base, tuple(tiers), period, rates, {"valley": (span,)})


def _minute(text: str) -> int:
    at = dt.time.fromisoformat(text)
    return at.hour * 60 + at.minute


def unpaid_of(account_ids: Collection[int]) -> list[Bill]:
    """Open bills of these accounts, oldest first. Partial index ``customers_bill_open``."""
    rows = Bill.objects.filter(account_id__in=account_ids, state=BillState.OPEN)
    return list(rows.order_by("month", "account_id"))


def latest_bills(account_ids: Collection[int], count: int) -> list[Bill]:
    """The newest bills of these accounts. Unique index (account, month)."""
    return list(Bill.objects.filter(account_id__in=account_ids).order_by("-month", "account_id")[:count])


def fee_rule(kind: str, org: OrgUnit | None = None) -> engine.FeeRule:
    """The late-fee rule for residents or others."""
    daily, later = policies.get("tariff.late.daily", org), policies.get("tariff.late.cross_year", org)
    minimum = policies.get("tariff.late.minimum", org)
    return engine.FeeRule(_rate(daily[kind]), _rate(later[kind]), _rate(minimum))


def late_fee_of(bill: Bill, kind: str, at: dt.date, org: OrgUnit | None = None) -> Decimal:
    """What would be added to an open bill paid on ``at``, in yuan; 0 for a paid one or one not yet due."""
    if bill.state != BillState.OPEN or at <= bill.due:
        return Decimal(0)
    return engine.late_fee(bill.amount, bill.due, at, fee_rule(kind, org))


def usage_of(account: Account, *, kind: str, advice: bool = False) -> Usage:
    """Thirteen months, the days last measured, tier position, and advice when asked for. Four queries at most."""
    now = today()
    since = months_before(month_of(now), MONTHS)
    plan = plans_of([account.pk], {account.pk: kind}, now)[account.pk]
    bills = list(Bill.objects.filter(account_id=account.pk, month__gte=since).order_by("month"))
    days = _days(account.pk, months_before(month_of(now), DAY_MONTHS - 1))
    running_days = [kwh for day, kwh in days if day >= month_of(now)]
    tariff = tariff_for(plan, account.org)
    place = _position(tariff, bills, running_days, now) if plan != Plan.BUSINESS else None
    peer = _peer(account, kind, bills[-1].month) if bills else None
    usage = Usage(
        account=account,
        plan=plan,
        bills=bills,
        months=[(bill.month, bill.kwh, bill.amount) for bill in bills],
        days=days,
        running=sum(running_days),
        position=place,
        tariff=tariff,
        peer=peer,
    )
    if advice:
        usage.advice.extend(_advice(usage))
    return usage


def _days(account_id: int, since: dt.date) -> list[tuple[dt.date, float]]:
    rows = MeterMonth.objects.filter(account_id=account_id, month__gte=since).order_by("month")
    return [
        (month + dt.timedelta(days=index), value / HUNDREDTHS)
        for month, values in rows.values_list("month", "days")
        for index, value in enumerate(values)
    ]


def _peer(account: Account, kind: str, month: dt.date) -> PeerMonth | None:
    return PeerMonth.objects.filter(org_id=account.org_id, kind=kind, month=month).first()


def _position(tariff: engine.Tariff, bills: list[Bill], running: list[float], now: dt.date) -> engine.Position | None:
    by_month: dict[tuple[int, int], float] = {(bill.month.year, bill.month.month): bill.kwh for bill in bills}
    whole = [by_month.get((now.year, month), 0.0) for month in range(1, now.month)]
    if not any(whole) and not running:
        return None
    length = calendar.monthrange(now.year, now.month)[1]
    months = [*whole, sum(running)] if running else whole
    done = len(running) / length if running else 1.0
    last_year = [by_month.get((now.year - 1, month)) for month in range(1, 13)]
    return engine.position(tariff, months, last_year=last_year, done=done)


def _advice(usage: Usage) -> list[engine.Advice]:
    org, peer = usage.account.org, usage.peer
    history = engine.History(
        months=[(bill.month.year, bill.month.month, bill.kwh, bill.valley_kwh) for bill in usage.bills],
        days=[kwh for _day, kwh in usage.days],
        peer_median=peer.median_kwh if peer else None,
        peers=peer.accounts if peer else 0,
    )
    flat = banded = None
    if usage.plan != Plan.BUSINESS:
        flat, banded = tariff_for(Plan.RESIDENTIAL, org), tariff_for(Plan.RESIDENTIAL_TOU, org)
    limits = engine.Limits(
        change=policies.get("hall.advice.change", org),
        peer=policies.get("hall.advice.peer", org),
        base_share=policies.get("hall.advice.base_share", org),
        peak_factor=policies.get("hall.advice.peak_factor", org),
        saving=_rate(policies.get("hall.advice.saving", org)),
    )
    on_banded = usage.plan == Plan.RESIDENTIAL_TOU
    return engine.advise(history, usage.position, flat, banded, on_banded=on_banded, limits=limits)


def lines_of(bill: Bill) -> list[dict[str, Any]]:
    """The lines of a bill in words: label, kWh, price (yuan/kWh) and amount (yuan)."""
    return [
        {
            "code": code,
            "label": line_label(code, bill.plan),
            "kwh": kwh,
            "price": Decimal(rate),
            "amount": Decimal(amount),
        }
        for code, kwh, rate, amount in bill.parts
    ]


def line_label(code: str, plan: str = "") -> str:
    """What a line of a bill is called."""
    if plan == Plan.BUSINESS:
        return _("电度电费")
    names = {"peak": _("峰段电量"), "valley": _("谷段电量")}
    if code in names:
        return names[code]
    step = code.removeprefix("tier").removesuffix("+")
    text = _("第%(n)s档加价电量") if code.endswith("+") else _("第%(n)s档电量")
    return text % {"n": step}
