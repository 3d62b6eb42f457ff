"""Outage information beyond the everyday: reviewed works, delays, cuts for arrears, and matters filed ahead."""

from __future__ import annotations

import datetime as dt
from random import Random

from django.utils import timezone

from denghuo.apps.customers.models import Account, Bill
from denghuo.apps.grid import actions as grid
from denghuo.apps.grid.models import Feeder, Outage
from denghuo.core.actors import Actor
from denghuo.demo.history.cast import Cast
from denghuo.demo.history.story import Story

DAY, HOUR, MINUTE = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=1)


def announce(story: Story, cast: Cast, seed: int) -> None:
    """Plan them all. Draws from a generator of its own, so that the rest of the history stays as it was."""
    rng = Random(f"outage information:{seed}")
    feeders = list(Feeder.objects.select_related("org").order_by("code"))
    picked = rng.sample(feeders, min(8, len(feeders)))
    while len(picked) < 8:
        picked.append(rng.choice(feeders))
    today = timezone.localtime(story.until).replace(hour=0, minute=0, second=0, microsecond=0)
    _temporary(story, cast, picked[0], today - DAY + 9 * HOUR)
    _blocked(story, cast, picked[1], today - 2 * DAY + 8 * HOUR)
    _called_off(story, cast, picked[2], today + 2 * DAY + 9 * HOUR)
    _waiting(story, cast, picked[3], today + 9 * DAY + 9 * HOUR)
    _drafted(story, cast, picked[4], today + 11 * DAY + 13 * HOUR)
    _orderly(story, cast, picked[5], today + 3 * DAY + 18 * HOUR)
    _arrears(story, cast, picked[6])
    _filings(story, cast, picked[7], today)


def _reviewer(cast: Cast, feeder: Feeder) -> Actor:
    return next(actor for actor in cast.supervisors if actor.can(grid.REVIEW, feeder.org.path))


def _section(feeder: Feeder) -> list[int]:
    """Transformers behind the feeder's last switch."""
    section = feeder.sections.order_by("-position").first()
    below = section.transformers if section else feeder.transformers
    return list(below.order_by("code").values_list("pk", flat=True))


def _draft(cast: Cast, feeder: Feeder, kind: str, begins: dt.datetime, hours: float, cause: str) -> Outage:
    return grid.draft_outage(
        cast.dispatcher(feeder.org), kind=kind, feeder=feeder, transformer_ids=_section(feeder), started_at=begins,
        expected_at=begins + hours * HOUR, cause=cause, equipment=f"{feeder.name}分段开关以下",
        range_text=f"{feeder.org.name}{feeder.name}分段开关以下各台区",
    )  # fmt: skip


def _reviewed(cast: Cast, feeder: Feeder, kind: str, begins: dt.datetime, hours: float, cause: str) -> Outage:
    """Entered by the dispatcher, released by a supervisor."""
    draft = _draft(cast, feeder, kind, begins, hours, cause)
    grid.submit_outage(cast.dispatcher(feeder.org), draft.pk)
    return grid.release_outage(_reviewer(cast, feeder), draft.pk)


def _temporary(story: Story, cast: Cast, feeder: Feeder, begins: dt.datetime) -> None:
    """A day and more ahead; rain held it up, and it ended in time all the same."""
    dispatcher = cast.dispatcher(feeder.org)
    late = begins + 50 * MINUTE

    def enter() -> None:
        outage = _reviewed(cast, feeder, "temporary", begins, 5, "更换老化跌落式熔断器")
        story.plan(
            begins - 20 * MINUTE,
            lambda: grid.delay_outage(
                dispatcher, outage.pk, stage="start", cause="weather", until=late, note="现场阵雨，雨停后开工"
            ),
        )
        story.plan(late + 2 * MINUTE, lambda: grid.start_outage(dispatcher, outage.pk, at=late))
        story.plan(begins + 4.9 * HOUR, lambda: grid.restore_outage(dispatcher, outage.pk))

    story.plan(max(begins - 26 * HOUR, story.now), enter)


def _blocked(story: Story, cast: Cast, feeder: Feeder, begins: dt.datetime) -> None:
    """The works were blocked, so supply came back later than planned; the restoration was entered late too."""
    dispatcher = cast.dispatcher(feeder.org)
    back = begins + 8.5 * HOUR

    def enter() -> None:
        outage = _reviewed(cast, feeder, "planned", begins, 7, "配合道路改造迁移杆线")
        story.plan(begins + 3 * MINUTE, lambda: grid.start_outage(dispatcher, outage.pk, at=begins + 2 * MINUTE))
        story.plan(
            back + 25 * MINUTE, lambda: grid.restore_outage(dispatcher, outage.pk, at=back, delay_cause="blocked")
        )

    story.plan(max(begins - 8 * DAY, story.now), enter)


def _called_off(story: Story, cast: Cast, feeder: Feeder, begins: dt.datetime) -> None:
    def enter() -> None:
        outage = _reviewed(cast, feeder, "planned", begins, 6, "线路绝缘化改造")
        story.plan(
            story.until - 5 * HOUR,
            lambda: grid.cancel_outage(cast.dispatcher(feeder.org), outage.pk, reason="设备材料未到货，另行安排"),
        )

    story.plan(max(begins - 9 * DAY, story.now), enter)


def _waiting(story: Story, cast: Cast, feeder: Feeder, begins: dt.datetime) -> None:
    def enter() -> None:
        draft = _draft(cast, feeder, "planned", begins, 7, "台区变压器增容")
        grid.submit_outage(cast.dispatcher(feeder.org), draft.pk)

    story.plan(story.until - 40 * MINUTE, enter)


def _drafted(story: Story, cast: Cast, feeder: Feeder, begins: dt.datetime) -> None:
    story.plan(story.until - 15 * MINUTE, lambda: _draft(cast, feeder, "planned", begins, 4, "配电房预防性试验"))


def _orderly(story: Story, cast: Cast, feeder: Feeder, begins: dt.datetime) -> None:
    story.plan(
        story.until - 20 * HOUR, lambda: _reviewed(cast, feeder, "orderly_use", begins, 3, "晚高峰错避峰用电安排")
    )


def _arrears(story: Story, cast: Cast, feeder: Feeder) -> None:
    """A few who owe for long, cut this morning after notice."""
    begins = story.until - 3 * HOUR
    owing = Bill.objects.filter(state="open", due__lt=(story.until - 20 * DAY).date(), account__org=feeder.org)
    ids = list(owing.order_by("due", "pk").values_list("account_id", flat=True).distinct()[:3])
    if not ids:
        ids = list(Account.objects.filter(org=feeder.org).order_by("-pk").values_list("pk", flat=True)[:2])
    dispatcher = cast.dispatcher(feeder.org)

    def enter() -> None:
        draft = grid.draft_outage(
            dispatcher, kind="arrears", account_ids=ids, started_at=begins, cause="欠费经催告逾期未缴"
        )
        grid.submit_outage(dispatcher, draft.pk)
        outage = grid.release_outage(_reviewer(cast, feeder), draft.pk)
        story.plan(begins + 4 * MINUTE, lambda: grid.start_outage(dispatcher, outage.pk, at=begins))

    story.plan(begins - 2 * HOUR, enter)


def _filings(story: Story, cast: Cast, feeder: Feeder, today: dt.datetime) -> None:
    """Two in force, one waiting for its review."""
    dispatcher, reviewer = cast.dispatcher(feeder.org), _reviewer(cast, feeder)

    def works() -> None:
        filing = grid.file_matter(
            dispatcher, org_id=feeder.org_id, title=f"{feeder.name}电缆沟施工", reason="works",
            area_text=f"{feeder.name}沿线人行道", transformer_ids=_section(feeder), starts_at=today - DAY,
            ends_at=today + 6 * DAY, answers=True, request_types=["fault_report", "opinion"],
            script="施工单位已取得许可，路面围挡预计一周内恢复。期间如因施工短时停电，约一小时内恢复；若超过一小时仍无电，请登记报修。",
        )  # fmt: skip
        grid.review_filing(reviewer, filing.pk, passed=True)

    def exam() -> None:
        filing = grid.file_matter(
            dispatcher, org_id=feeder.org_id, title="考点周边保电", reason="supply_security",
            area_text="考点周边各供电线路", starts_at=today, ends_at=today + 3 * DAY,
            script="考试期间相关线路不安排计划检修，已派人值守。请先安抚客户，如确有停电按紧急报修登记，并注明“考点周边”。",
        )  # fmt: skip
        grid.review_filing(reviewer, filing.pk, passed=True)

    def price() -> None:
        grid.file_matter(
            dispatcher, org_id=feeder.org_id, title="分时电价时段调整", reason="policy", area_text="全县居民和工商业客户",
            starts_at=today + DAY, ends_at=today + 31 * DAY, request_types=["consulting"],
            script="新的时段自下月 1 日起执行，账单按抄表周期分段计算。客户可在网上营业厅查看本户适用的时段。",
        )  # fmt: skip

    story.plan(story.until - 23 * HOUR, works)
    story.plan(story.until - 9 * HOUR, exam)
    story.plan(story.until - 30 * MINUTE, price)
