"""What the actions of outages share: rows under lock, checks of what was typed, the unit that covers a scope."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

from django.db import connection
from django.utils.translation import gettext as _

from denghuo.apps.grid import households
from denghuo.apps.grid.choices import DelayCause, DelayStage, OutageKind, OutageState
from denghuo.apps.grid.households import AccountRef
from denghuo.apps.grid.models import Feeder, Outage, OutageDelay, Transformer
from denghuo.apps.grid.queries import LIVE
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

MANAGE, REVIEW = "outage.manage", "outage.review"
LONGEST_CAUSE, LONGEST_REF, LONGEST_EQUIPMENT, LONGEST_RANGE, LONGEST_NOTE = 120, 60, 200, 500, 200
MOST_TRANSFORMERS = 5000  # more in one outage is a mistake or another system's export; protects the transaction
MOST_ACCOUNTS = 500


def topics_of(outage: Outage) -> list[str]:
    """Live topics of an outage; its floor follows from the org unit."""
    return [f"outage:{outage.pk}"]


def staff_id(actor: Actor) -> int | None:
    """Who entered or reviewed, None for the product itself."""
    return actor.id if actor.kind == "staff" else None


def row(outage_id: int) -> Outage:
    """An outage under lock. Raises NotFound."""
    found = Outage.objects.select_related("org").select_for_update(of=("self",)).filter(pk=outage_id).first()
    if found is None:
        raise NotFound(_("没有这次停电"))
    return found


def locked(actor: Actor, outage_id: int, permission: str = MANAGE) -> Outage:
    """An outage under lock, for somebody who may change it. Raises NotFound, NotAllowed."""
    outage = row(outage_id)
    actor.require(permission, outage.org.path)
    return outage


def require_live(outage: Outage) -> None:
    """Raise Conflict unless the outage is announced or lasts."""
    if outage.state not in LIVE:
        raise Conflict(_("停电当前为“%(state)s”，不能再变更") % {"state": OutageState(outage.state).label})


def next_id(table: str = "grid_outage") -> int:
    """The key of the next row, known beforehand because its number holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table])
        return int(cursor.fetchone()[0])


def open_under(source_ref: str) -> Outage | None:
    """The open outage of an upstream reference; the lock keeps two sendings at once from both finding none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"grid.outage:{source_ref}"])
    return Outage.objects.select_related("org").filter(source_ref=source_ref, restored_at=None, state__in=LIVE).first()


def feeder_of(form: Form, feeder: Feeder | int | None) -> Feeder | None:
    """The feeder; fault: unknown."""
    if feeder is None or isinstance(feeder, Feeder):
        return feeder
    found = Feeder.objects.select_related("org").filter(pk=feeder).first()
    if found is None:
        form.wrong("feeder_id", _("没有这条馈线，请从列表中选择"))
    return found


def transformers_of(form: Form, feeder: Feeder | None, ids: Collection[int]) -> list[Transformer]:
    """The named transformers, or all of the feeder; faults: none, unknown, too many, not of the feeder."""
    wanted = set(ids)
    if len(wanted) > MOST_TRANSFORMERS:
        form.wrong("transformer_ids", _("一次停电最多 %(most)s 个台区，请分次登记") % {"most": MOST_TRANSFORMERS})
        return []
    rows = Transformer.objects.select_related("org").order_by("pk")
    found = list(rows.filter(pk__in=wanted) if wanted else rows.filter(feeder=feeder) if feeder else rows.none())
    missing = wanted - {t.pk for t in found}
    if missing:
        some = _("、").join(str(pk) for pk in sorted(missing)[:5])
        form.wrong("transformer_ids", _("没有编号为 %(some)s 的台区，请从列表中选择") % {"some": some})
    elif not found and not form.faults:
        form.wrong("transformer_ids", _("请选择馈线或至少一个台区"))
    if feeder is not None and any(t.feeder_id != feeder.pk for t in found):
        form.wrong("transformer_ids", _("所选台区中有不属于该馈线的，请核对"))
    return found


def accounts_of(form: Form, ids: Collection[int]) -> list[AccountRef]:
    """The named accounts; faults: none, unknown, too many, nobody keeps accounts here."""
    wanted = set(ids)
    source = households.source()
    if not wanted or source is None:
        form.wrong("account_ids", _("欠费、窃电、违约停电须指明户号"))
        return []
    if len(wanted) > MOST_ACCOUNTS:
        form.wrong("account_ids", _("一次最多 %(most)s 户，请分次登记") % {"most": MOST_ACCOUNTS})
        return []
    found = source.refs(wanted)
    if len(found) < len(wanted):
        form.wrong("account_ids", _("有 %(n)s 个户号不存在，请核对") % {"n": len(wanted) - len(found)})
    return found


def start_moment(form: Form, kind: str, started_at: dt.datetime | None) -> dt.datetime:
    """When it begins; a fault cannot begin in the future."""
    now = moment.now()
    if started_at is None:
        return now
    furthest = dt.timedelta(days=policies.get("outage.furthest_days"))
    ahead = tolerance() if kind == OutageKind.FAULT else furthest
    oldest = dt.timedelta(days=policies.get("outage.oldest_days"))
    return form.moment("started_at", started_at, tolerance=ahead, now=now, oldest=oldest) or now


def expected_moment(form: Form, expected_at: dt.datetime | None, start: dt.datetime) -> dt.datetime | None:
    """When supply is expected back: after the start."""
    furthest = dt.timedelta(days=policies.get("outage.furthest_days"))
    return form.moment(
        "expected_at",
        expected_at,
        tolerance=furthest,
        now=max(start, moment.now()),
        after=start,
        after_what=_("停电开始"),
    )


def past_moment(form: Form, field: str, at: dt.datetime | None) -> dt.datetime | None:
    """A moment that was; None stays None."""
    oldest = dt.timedelta(days=policies.get("outage.oldest_days"))
    return form.moment(field, at, tolerance=tolerance(), oldest=oldest)


def not_future(at: dt.datetime, field: str) -> dt.datetime:
    """A moment that was. Raises InvalidInput."""
    form = Form()
    value = past_moment(form, field, at)
    form.finish()
    assert value is not None
    return value


def tolerance() -> dt.timedelta:
    """How far clocks may differ before a moment counts as the future."""
    return dt.timedelta(seconds=policies.get("time.future_tolerance_seconds"))


def smallest_unit(units: list[OrgUnit], field: str = "transformer_ids") -> OrgUnit:
    """The lowest unit whose subtree holds all of them."""
    lineages = [unit.ancestor_ids() for unit in units]
    common = lineages[0]
    for lineage in lineages[1:]:
        common = [a for a, b in zip(common, lineage, strict=False) if a == b]
    if common == lineages[0]:
        return units[0]
    if not common:
        raise InvalidInput({field: _("所选范围不属于同一公司，请分次登记")})
    return OrgUnit.objects.get(pk=common[-1])


def require_everywhere(actor: Actor, units: Iterable[OrgUnit], permission: str = MANAGE) -> None:
    """Raise NotAllowed unless the actor may act in every unit."""
    for path in {unit.path for unit in units}:
        actor.require(permission, path)


def write_delay(
    actor: Actor, outage: Outage, stage: str, cause: str, due: dt.datetime, until: dt.datetime | None, note: str
) -> OutageDelay:
    """Keep that a start or stop did not come in time, and why."""
    return OutageDelay.objects.create(
        outage=outage, stage=stage, cause=cause, due_at=due, until=until, note=note, noted_at=moment.now(),
        noted_by_id=staff_id(actor),
    )  # fmt: skip


def late_cause(
    actor: Actor, outage: Outage, stage: DelayStage, planned: dt.datetime | None, at: dt.datetime, cause: str
) -> str:
    """The cause a late start or stop needs; "" when it was in time or explained before. Raises InvalidInput."""
    if planned is None or at - planned <= dt.timedelta(minutes=policies.get("outage.on_time_minutes", outage.org)):
        return ""
    form = Form()
    cause = form.choice("delay_cause", cause, DelayCause.values, required=False)
    form.finish()
    if cause or actor.kind == "system" or outage.delays.filter(stage=stage).exists():
        return cause
    raise InvalidInput({"delay_cause": _("比计划晚了，请选择延迟原因")})
