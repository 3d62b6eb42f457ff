"""What every account used and was billed: thirteen months of bills, two months of days, plans, tags, peers' medians.

The energy follows the seasons of the lower Yangtze (a high summer, a lesser winter), the holder's kind and where they
live; every amount is what the tariff engine makes of it.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from denghuo.apps.customers import billing
from denghuo.apps.customers.choices import Plan, Tag
from denghuo.apps.customers.models import Account, Bill, CustomerTag, MeterMonth, PeerMonth, TariffChoice
from denghuo.core import moment, policies
from denghuo.demo.loading import analyze, copy_rows, loaded_bare
from denghuo.engine.tariff import Tariff, price_many

MONTHS = 13
#: share of the yearly mean in each month, January first
SEASON = {
    "home": (1.16, 1.05, 0.80, 0.68, 0.72, 0.98, 1.55, 1.68, 1.16, 0.72, 0.70, 1.00),
    "firm": (0.94, 0.72, 0.98, 0.96, 0.98, 1.06, 1.18, 1.20, 1.06, 0.96, 0.96, 1.00),
}
MEAN_KWH = {"urban": 205.0, "rural": 150.0, "remote": 105.0}  # of a household in a month
FIRM_KWH = 1500.0
SPREAD = {"home": 0.46, "firm": 0.95}  # sigma of the logarithm
EMPTY_HOMES = 0.03
TIME_OF_USE = 0.14
UNPAID = (0.22, 0.025, 0.008)  # of the latest bill, of the last two, of the last three
TAGS = {
    Tag.PHOTOVOLTAIC: 0.02,
    Tag.CHARGING_PILE: 0.025,
    Tag.LIFE_SUPPORT: 0.0006,
    Tag.ELDERLY_ALONE: 0.008,
    Tag.SIGN_LANGUAGE: 0.0008,
}
HUNDREDTHS = 100
Ints = Any  # NDArray[np.int64]


@dataclass(slots=True)
class Meters:
    """All accounts in the order of their meters, which the seed fixes."""

    ids: list[int]
    customers: list[int]
    orgs: Ints
    firm: Ints
    mean: Any
    valley: Any
    tou: Ints

    def __len__(self) -> int:
        return len(self.ids)


def write(seed: int, tick: Callable[[int], None] | None = None) -> int:
    """Bill the accounts in the database; give how many bills were written. The months end with the last whole one.

    Must run on a province without bills. ``tick`` is told how many bills went out.
    """
    today = timezone.localdate(moment.now())
    meters = _meters(seed, today)
    this_month = billing.month_of(today)
    months = [billing.months_before(this_month, MONTHS - n) for n in range(MONTHS + 1)]
    kwh = _energy(meters, months, seed)
    valley = np.minimum(kwh, np.rint(kwh * meters.valley[:, None]).astype(np.int64))
    _plans(meters, months[0])
    _tags(meters, seed)
    terms = _Terms(_groups(meters), policies.get("tariff.due_days"), moment.now())
    told = tick or (lambda count: None)
    with loaded_bare(Bill):
        _copy(Bill, BILL_COLUMNS, _bills(meters, months[:-1], kwh, valley, seed, terms, told))
    with loaded_bare(MeterMonth):
        _copy(MeterMonth, ("account_id", "month", "days"), _days(meters, months[-2:], kwh, today, seed))
    _peers(meters, months[:-1], kwh)
    analyze(Bill, MeterMonth, TariffChoice, PeerMonth, CustomerTag)
    return len(meters) * MONTHS


def _meters(seed: int, today: dt.date) -> Meters:
    rows = list(
        Account.objects.order_by("meter_no").values_list("pk", "customer_id", "org_id", "customer__kind", "area_type")
    )
    rng = np.random.default_rng([seed, 401])
    firm = np.array([row[3] == "enterprise" for row in rows], dtype=bool)
    base = np.array([FIRM_KWH if row[3] == "enterprise" else MEAN_KWH[row[4]] for row in rows])
    sigma = np.where(firm, SPREAD["firm"], SPREAD["home"])
    mean = base * np.exp(rng.normal(size=len(rows)) * sigma)
    mean[(rng.random(len(rows)) < EMPTY_HOMES) & ~firm] *= 0.01
    tou = (rng.random(len(rows)) < TIME_OF_USE) & ~firm
    valley = np.clip(rng.normal(0.36, 0.07, len(rows)) + np.where(tou, 0.12, 0.0), 0.08, 0.8)
    orgs = np.array([row[2] for row in rows], dtype=np.int64)
    return Meters([row[0] for row in rows], [row[1] for row in rows], orgs, firm, mean, valley, tou)


def _energy(meters: Meters, months: list[dt.date], seed: int) -> Ints:
    """kWh by (account, month), whole numbers; the last column is the month that is running, as if it had ended."""
    rng = np.random.default_rng([seed, 402])
    count = len(meters)
    # How strongly a home follows the weather: air conditioning or none.
    weather = np.clip(rng.normal(1.0, 0.35, count), 0.1, 2.2)
    growth = rng.normal(0.03, 0.10, count)
    columns = []
    for index, month in enumerate(months):
        home, firm = SEASON["home"][month.month - 1], SEASON["firm"][month.month - 1]
        season = np.where(meters.firm, firm, 1 + (home - 1) * weather)
        trend = 1 + growth * index / 12
        noise = np.exp(rng.normal(0, 0.11, count))
        columns.append(meters.mean * np.maximum(0.2, season) * trend * noise)
    return np.rint(np.stack(columns, axis=1)).astype(np.int64)


def _plans(meters: Meters, since: dt.date) -> None:
    at = timezone.make_aware(dt.datetime.combine(billing.months_before(since, 1), dt.time(10)))
    chosen = np.flatnonzero(meters.tou)
    rows = ((meters.ids[index], Plan.RESIDENTIAL_TOU.value, since, at) for index in chosen.tolist())
    copy_rows(TariffChoice, ("account_id", "plan", "valid_from", "chosen_at"), rows)


def _tags(meters: Meters, seed: int) -> None:
    rng, now = np.random.default_rng([seed, 403]), moment.now()
    found: set[tuple[int, str]] = set()
    for tag, share in TAGS.items():
        hit = np.flatnonzero((rng.random(len(meters)) < share) & ~meters.firm)
        found |= {(meters.customers[index], tag.value) for index in hit.tolist()}
    large = np.flatnonzero(meters.firm & (meters.mean > FIRM_KWH * 6))
    found |= {(meters.customers[index], Tag.KEY_ACCOUNT.value) for index in large.tolist()}
    rows = ((customer, tag, now, "demo") for customer, tag in sorted(found))
    copy_rows(CustomerTag, ("customer_id", "tag", "added_at", "added_by"), rows)


BILL_COLUMNS = ("account_id", "month", "plan", "kwh", "valley_kwh", "amount", "parts", "due", "state", "paid_at")


def _copy(model: type[Model], columns: tuple[str, ...], chunks: Iterator[bytes]) -> None:
    """COPY of ready text: several times quicker than row by row."""
    quote = connection.ops.quote_name
    names = ", ".join(quote(name) for name in columns)
    statement = f"COPY {quote(model._meta.db_table)} ({names}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for chunk in chunks:
            copy.write(chunk)


@dataclass(frozen=True, slots=True)
class _Terms:
    """What bills depend on. Read beforehand: while a COPY runs, its connection can answer no question."""

    groups: list[tuple[Tariff, Ints]]
    due_days: int
    now: dt.datetime


def _bills(
    meters: Meters,
    months: list[dt.date],
    kwh: Ints,
    valley: Ints,
    seed: int,
    terms: _Terms,
    tick: Callable[[int], None],
) -> Iterator[bytes]:
    """Bills month after month, each priced on what the year has used before."""
    rng, now, due_days = np.random.default_rng([seed, 404]), terms.now, terms.due_days
    late = rng.random(len(meters))
    used = np.zeros(len(meters), dtype=np.int64)
    for index, month in enumerate(months):
        if month.month == 1:
            used[:] = 0
        elif index == 0:  # what was billed in that year before the first bill kept
            used[:] = np.rint(meters.mean * sum(SEASON["home"][: month.month - 1]))
        issued = billing.months_before(month, -1)
        due = issued + dt.timedelta(days=due_days)
        back = len(months) - 1 - index
        open_share = UNPAID[back] if back < len(UNPAID) else 0.0
        stamps = _stamps(issued, rng.integers(1 * 86400, (due_days - 2) * 86400, len(meters)), now)
        for tariff, members in terms.groups:
            lines = _lines(tariff, members, kwh[members, index], valley[members, index], used[members])
            yield _text(meters, members, month, due, tariff, lines, late[members] < open_share, stamps)
        used += kwh[:, index]
        tick(len(meters))


def _groups(meters: Meters) -> list[tuple[Tariff, Ints]]:
    home = ~meters.firm & ~meters.tou
    parts = ((Plan.RESIDENTIAL, home), (Plan.RESIDENTIAL_TOU, meters.tou), (Plan.BUSINESS, meters.firm))
    return [(billing.tariff_for(plan.value, None), np.flatnonzero(mask)) for plan, mask in parts]


def _lines(tariff: Tariff, members: Ints, kwh: Ints, valley: Ints, used: Ints) -> dict[str, Any]:
    bands = {"peak": kwh - valley, "valley": valley} if tariff.bands is not None else None
    lines = price_many(tariff, kwh, used, bands)
    return {"kwh": kwh, "valley_kwh": valley, **lines}


def _stamps(issued: dt.date, after: Ints, now: dt.datetime) -> list[str]:
    """When each paid its bill, as text; "" for a time that has not come."""
    start = timezone.make_aware(dt.datetime.combine(issued, dt.time(8))).astimezone(dt.UTC)
    moments = np.datetime64(start.replace(tzinfo=None), "s") + after.astype("timedelta64[s]")
    texts = np.char.add(np.datetime_as_string(moments), "Z")
    return list(np.where(after < (now - start).total_seconds(), texts, "").tolist())


def _rates(tariff: Tariff) -> dict[str, str]:
    rates = {code: str(rate) for code, rate in (tariff.bands or {}).items()}
    for number, tier in enumerate(tariff.tiers, 1):
        rates[f"tier{number}"], rates[f"tier{number}+"] = str(tariff.base + tier.add), str(tier.add)
    return rates


def _text(
    meters: Meters, members: Ints, month: dt.date, due: dt.date, tariff: Tariff, lines: dict[str, Any], unpaid: Any,
    stamps: list[str],
) -> bytes:  # fmt: skip
    rates = _rates(tariff)
    codes = [code for code in lines if code not in ("amount", "kwh", "valley_kwh")]
    used = [(f'"{code}"', rates[code], lines[code][0].tolist(), lines[code][1].tolist()) for code in codes]
    head, tail = f"\t{month}\t{tariff.code}\t", f"\t{due}\t"
    kwh, valley, amounts = lines["kwh"].tolist(), lines["valley_kwh"].tolist(), lines["amount"].tolist()
    out: list[str] = []
    for place, (member, owing) in enumerate(zip(members.tolist(), unpaid.tolist(), strict=True)):
        parts = ",".join(
            f'[{code},{energy[place]},"{rate}","{fen[place] // 100}.{fen[place] % 100:02d}"]'
            for code, rate, energy, fen in used
            if energy[place]
        )
        paid = "" if owing else stamps[member]
        amount = amounts[place]
        out.append(
            f"{meters.ids[member]}{head}{kwh[place]}\t{valley[place]}\t{amount // 100}.{amount % 100:02d}\t[{parts}]{tail}"
            + (f"paid\t{paid}\n" if paid else "open\t\\N\n")
        )
    return "".join(out).encode()


def _days(meters: Meters, months: list[dt.date], kwh: Ints, today: dt.date, seed: int) -> Iterator[bytes]:
    """Days of the month that has ended, adding up to its bill, and of the running one up to yesterday."""
    rng = np.random.default_rng([seed, 405])
    for column, month in zip((-2, -1), months, strict=True):
        length = calendar.monthrange(month.year, month.month)[1]
        dates = [month + dt.timedelta(days=index) for index in range(length)]
        weekend = np.array([day.weekday() >= 5 for day in dates])
        rhythm = np.where(meters.firm[:, None], np.where(weekend, 0.62, 1.15), np.where(weekend, 1.14, 0.94))
        weight = rhythm * np.exp(rng.normal(0, 0.32, (len(meters), length)))
        weight[:, :] *= np.exp(rng.normal(0, 0.06, length))  # the weather of the day, the same for everybody
        total = kwh[:, column] * HUNDREDTHS
        days = np.floor(weight / weight.sum(axis=1, keepdims=True) * total[:, None]).astype(np.int64)
        days[:, -1] += total - days.sum(axis=1)
        known = length if month < billing.month_of(today) else today.day - 1
        if known == 0:
            continue
        rows = zip(meters.ids, days[:, :known].tolist(), strict=True)
        yield "".join(f"{pk}\t{month}\t{{{str(values)[1:-1]}}}\n" for pk, values in rows).encode()


def _peers(meters: Meters, months: list[dt.date], kwh: Ints) -> None:
    rows = []
    for org in np.unique(meters.orgs).tolist():
        for kind, mask in (("resident", ~meters.firm), ("enterprise", meters.firm)):
            here = kwh[(meters.orgs == org) & mask]
            if not len(here):
                continue
            medians = np.median(here[:, : len(months)], axis=0).tolist()
            rows += [
                PeerMonth(org_id=org, kind=kind, month=month, median_kwh=median, accounts=len(here))
                for month, median in zip(months, medians, strict=True)
            ]
    PeerMonth.objects.bulk_create(rows)
