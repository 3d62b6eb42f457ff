"""Voltage at the meters: taking measurements in, reading them for a stretch of time, and forgetting them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext as _

from denghuo.apps.customers.models import Account, VoltageReading
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.events import record
from denghuo.core.measured import Faults, Measured, checked
from denghuo.core.privacy import blind_index

PERMISSION: Final = "exchange.import"
COLUMNS: Final = ("account", "at", "ua", "ub", "uc")
HIGHEST: Final = 1000.0  # volts; a low-voltage meter cannot tell more
MOST_ROWS: Final = 20_000
#: (time, (ua, ub, uc))
Row = tuple[dt.datetime, tuple[float | None, ...]]

_UPSERT = """
INSERT INTO customers_voltagereading (account_id, at, ua, ub, uc)
SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::float8[], %s::float8[], %s::float8[])
ON CONFLICT (account_id, at) DO UPDATE SET ua = EXCLUDED.ua, ub = EXCLUDED.ub, uc = EXCLUDED.uc
"""


@action("meter.keep_readings")
def keep_readings(actor: Actor, rows: Iterable[Mapping[str, Any]]) -> int:
    """Keep voltages of meters; the same account and time again replaces. Gives how many were kept. All or none.

    Each row: ``account`` (account number), ``at`` (end of the quarter of an hour, aware or local), ``ua``, ``ub``, ``uc``
    in volts, missing where the meter has no such phase. Needs ``exchange.import`` in the accounts' units. Raises
    InvalidInput naming the rows at fault, NotAllowed. One query for the accounts, one statement for all rows.
    """
    labels = {name: (f"{name[1].upper()} {_('相电压')}", HIGHEST) for name in ("ua", "ub", "uc")}
    oldest = moment.now() - dt.timedelta(days=policies.get("voltage.keep_days"))
    given, faults = checked(rows, "account", labels, oldest=oldest, most=MOST_ROWS)
    kept, accounts = _resolved(actor, given, faults)
    faults.finish()
    if kept:
        _write(kept)
        root = min((account.org for account in accounts), key=lambda org: len(org.path))
        record(actor, "meter.readings_kept", root, org=root, payload={"readings": len(kept), "accounts": len(accounts)})
    return len(kept)


Kept = dict[tuple[int, dt.datetime], tuple[float | None, ...]]


def _resolved(actor: Actor, given: list[Measured], faults: Faults) -> tuple[Kept, list[Account]]:
    """Rows by account and time, the later of two alike; unknown accounts are faults of their first row."""
    hashes = {name: blind_index("account_number", name) for name, _at, _values in given if name}
    rows = Account.objects.select_related("org").filter(number_bidx__in=set(hashes.values()))
    found = {account.number_bidx: account for account in rows}  # type: ignore[attr-defined]
    for org in {account.org for account in found.values()}:
        actor.require(PERMISSION, org.path)
    kept: Kept = {}
    told: set[str] = set()
    for number, (name, at, values) in enumerate(given, 1):
        account = found.get(hashes.get(name))
        if account is not None:
            kept[account.pk, at] = values
        elif name not in told:
            told.add(name)
            faults.add(number, _("没有这个户号，请核对"))
    return kept, list(found.values())


def _write(kept: Kept) -> None:
    columns = zip(*((pk, at, *values) for (pk, at), values in kept.items()), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [list(column) for column in columns])


def readings_of(account_ids: Collection[int], since: dt.datetime, until: dt.datetime) -> dict[int, list[Row]]:
    """Voltages stamped after ``since`` up to ``until``, by account in order of time: one query over the primary key."""
    found: dict[int, list[Row]] = defaultdict(list)
    rows = VoltageReading.objects.filter(account_id__in=account_ids, at__gt=since, at__lte=until).order_by(
        "account_id", "at"
    )
    for pk, at, ua, ub, uc in rows.values_list("account_id", "at", "ua", "ub", "uc"):
        found[pk].append((at, (ua, ub, uc)))
    return found


def forget_readings() -> int:
    """Delete what is older than ``voltage.keep_days``; gives how many (block-range index on the time)."""
    before = moment.now() - dt.timedelta(days=policies.get("voltage.keep_days"))
    return VoltageReading.objects.filter(at__lt=before)._raw_delete(VoltageReading.objects.db)
