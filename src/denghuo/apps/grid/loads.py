"""What transformers carry: taking measurements in, reading them for a stretch of time, and forgetting them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext as _

from denghuo.apps.grid.models import Transformer, TransformerLoad
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.events import record
from denghuo.core.measured import checked

PERMISSION: Final = "exchange.import"
COLUMNS: Final = ("transformer", "at", "kva", "ia", "ib", "ic")
HIGHEST_KVA, HIGHEST_AMPERES = 10_000.0, 10_000.0
MOST_ROWS: Final = 20_000
#: (time, (kVA, ia, ib, ic))
Row = tuple[dt.datetime, tuple[float | None, ...]]

_UPSERT = """
INSERT INTO grid_transformerload (transformer_id, at, kva, ia, ib, ic)
SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::float8[], %s::float8[], %s::float8[], %s::float8[])
ON CONFLICT (transformer_id, at) DO UPDATE SET kva = EXCLUDED.kva, ia = EXCLUDED.ia, ib = EXCLUDED.ib, ic = EXCLUDED.ic
"""


@action("transformer.keep_loads")
def keep_loads(actor: Actor, rows: Iterable[Mapping[str, Any]]) -> int:
    """Keep loads of transformers; the same transformer and time again replaces. Gives how many were kept. All or none.

    Each row: ``transformer`` (code), ``at`` (end of the quarter of an hour), ``kva``, and ``ia``, ``ib``, ``ic`` in
    amperes. Needs ``exchange.import`` in the transformers' units. Raises InvalidInput naming the rows at fault, NotAllowed.
    """
    labels = {"kva": (_("负载（千伏安）"), HIGHEST_KVA)} | {
        name: (f"{name[1].upper()} {_('相电流')}", HIGHEST_AMPERES) for name in ("ia", "ib", "ic")
    }
    oldest = moment.now() - dt.timedelta(days=policies.get("transformer.load_keep_days"))
    given, faults = checked(rows, "transformer", labels, oldest=oldest, most=MOST_ROWS)
    codes = {name for name, _at, _values in given}
    found = {one.code: one for one in Transformer.objects.select_related("org").filter(code__in=codes)}
    for org in {one.org for one in found.values()}:
        actor.require(PERMISSION, org.path)
    told: set[str] = set()
    kept: dict[tuple[int, dt.datetime], tuple[float | None, ...]] = {}
    for number, (name, at, values) in enumerate(given, 1):
        if name in found:
            kept[found[name].pk, at] = values
        elif name not in told:
            told.add(name)
            faults.add(number, _("没有编码为“%(code)s”的台区") % {"code": name[:32]})
    faults.finish()
    columns = zip(*((pk, at, *values) for (pk, at), values in kept.items()), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [list(column) for column in columns])
    root = min((one.org for one in found.values()), key=lambda org: len(org.path))
    record(actor, "transformer.loads_kept", root, org=root, payload={"readings": len(kept), "transformers": len(found)})
    return len(kept)


def loads_of(transformer_id: int, since: dt.datetime, until: dt.datetime) -> list[Row]:
    """Loads stamped after ``since`` up to ``until`` in order of time: one query over the primary key."""
    rows = TransformerLoad.objects.filter(transformer_id=transformer_id, at__gt=since, at__lte=until).order_by("at")
    return [(at, (kva, ia, ib, ic)) for at, kva, ia, ib, ic in rows.values_list("at", "kva", "ia", "ib", "ic")]


def forget_loads() -> int:
    """Delete what is older than ``transformer.load_keep_days``; gives how many."""
    before = moment.now() - dt.timedelta(days=policies.get("transformer.load_keep_days"))
    return TransformerLoad.objects.filter(at__lt=before)._raw_delete(TransformerLoad.objects.db)
