"""Which function is offered where.

All of them act on the setting of one unit (``org`` None: everywhere). What a unit has not set itself it takes over from
above; the first change makes its own row, which starts as a copy of what held before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _

from denghuo.apps.channels import catalog
from denghuo.apps.channels.actions.common import (
    TOPIC,
    check_announcement,
    hold,
    known_channel,
    known_function,
    row_of,
    sane,
    status_row,
)
from denghuo.apps.channels.choices import PUBLISHABLE, Channel, PublicationState
from denghuo.apps.channels.models import ChannelPublication, ServiceFunction
from denghuo.apps.channels.places import lineage, require_manage
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

LAST_POSITION = 32_767


@action("function.publish")
def publish(
    actor: Actor,
    *,
    code: str,
    channel: str,
    org: OrgUnit | None,
    mode: str | None = None,
    position: int | None = None,
    valid_from: dt.datetime | None = None,
    valid_to: dt.datetime | None = None,
) -> ChannelPublication:
    """Offer function ``code`` on ``channel`` for ``org`` and below; again to change mode, place or period.

    ``mode`` defaults to the present one, else to the first the function knows. Raises NotAllowed, NotFound and
    InvalidInput (mode, position, valid_from, valid_to, code when the function cannot work on that channel).
    """
    require_manage(actor, org)
    function, channel = known_function(code), known_channel(channel)
    form = Form()
    if channel not in PUBLISHABLE:
        form.wrong("channel", _("外部转办由其他单位转来，不能发布功能，请换其他渠道"))
    if channel == Channel.WEB_FORM and not function.url_name:
        form.wrong("code", _("这项功能没有网页，不能发布到网上填单"))
    if mode is not None and mode not in function.modes:
        form.wrong("mode", _("这项功能不支持该办理方式，请另选"))
    if position is not None and not 0 <= position <= LAST_POSITION:
        form.wrong("position", _("次序请填 0 到 %(last)s 的整数") % {"last": LAST_POSITION})
    for name, given in (("valid_from", valid_from), ("valid_to", valid_to)):
        if given is not None and given.tzinfo is None:
            form.wrong(name, _("时间须带时区，如 2026-01-31T08:30:00+08:00"))
        elif given is not None and not sane(given):
            form.wrong(name, _("时间须在 2000 年至 2199 年之间"))
    form.finish()
    if valid_from is not None and valid_to is not None and valid_to <= valid_from:
        raise InvalidInput({"valid_to": _("结束时间须晚于开始时间")})
    row = _own_row(row_of(code), channel, org)
    row.state = PublicationState.PUBLISHED
    row.mode = mode or row.mode or function.modes[0]
    row.position = position if position is not None else row.position or function.order
    row.valid_from, row.valid_to = valid_from, valid_to
    _clear_pause(row)
    _save(actor, row)
    record(
        actor, "function.published", row, org=org, topics=[TOPIC],
        payload={"function": code, "channels": [channel], "mode": row.mode},
    )  # fmt: skip
    return row


@action("function.withdraw")
def withdraw_publication(actor: Actor, *, code: str, channel: str, org: OrgUnit | None) -> ChannelPublication:
    """Take function ``code`` off ``channel`` for ``org`` and below. Raises Conflict when it is not there."""
    require_manage(actor, org)
    channel = known_channel(channel)
    row = _own_row(row_of(code), channel, org)
    if not row.mode or row.state == PublicationState.WITHDRAWN:
        raise Conflict(_("这项功能没有发布在该渠道，无需撤下"))
    row.state = PublicationState.WITHDRAWN
    _clear_pause(row)
    _save(actor, row)
    record(actor, "function.withdrawn", row, org=org, topics=[TOPIC], payload=_payload(code, [channel]))
    return row


@action("function.inherit")
def inherit_publication(actor: Actor, *, code: str, channel: str, org: OrgUnit) -> None:
    """Drop the unit's own setting, so that the one from above holds again. Raises Conflict when there is none."""
    require_manage(actor, org)
    channel = known_channel(channel)
    row = ChannelPublication.objects.select_for_update().filter(function=row_of(code), channel=channel, org=org).first()
    if row is None:
        raise Conflict(_("本单位没有单独设置，已在使用上级设置"))
    record(actor, "function.inherited", row, org=org, topics=[TOPIC], payload=_payload(code, [channel]))
    row.delete()
    catalog.changed()


@action("function.switch_off")
def switch_function_off(
    actor: Actor,
    *,
    code: str,
    org: OrgUnit | None,
    announcement: str,
    announcement_en: str = "",
    channel: str | None = None,
    until: dt.datetime | None = None,
) -> list[ChannelPublication]:
    """Pause a function for a while, on one channel or (``channel`` None) on all: it stays in view with the announcement.

    ``until`` is when it comes back by itself. Raises InvalidInput (announcement, until) and Conflict when it is
    published on none of them.
    """
    require_manage(actor, org)
    form = Form()
    text, text_en = check_announcement(form, announcement, announcement_en, until)
    form.finish()

    def pause(row: ChannelPublication) -> None:
        row.state = PublicationState.PAUSED
        row.announcement, row.announcement_en, row.paused_until = text, text_en, until

    rows = _change(actor, code, channel, org, {PublicationState.PUBLISHED, PublicationState.PAUSED}, pause)
    if not rows:
        raise Conflict(_("这项功能没有发布在该渠道，无需停用"))
    payload = _payload(code, [row.channel for row in rows]) | {"until": until.isoformat() if until else None}
    record(actor, "function.switched_off", rows[0].function, org=org, topics=[TOPIC], payload=payload)
    return rows


@action("function.switch_on")
def switch_function_on(
    actor: Actor, *, code: str, org: OrgUnit | None, channel: str | None = None
) -> list[ChannelPublication]:
    """End a pause, on one channel or on all. Raises Conflict when there is none."""
    require_manage(actor, org)

    def resume(row: ChannelPublication) -> None:
        row.state = PublicationState.PUBLISHED
        _clear_pause(row)

    rows = _change(actor, code, channel, org, {PublicationState.PAUSED}, resume)
    if not rows:
        raise Conflict(_("这项功能没有停用，无需恢复"))
    payload = _payload(code, [row.channel for row in rows])
    record(actor, "function.switched_on", rows[0].function, org=org, topics=[TOPIC], payload=payload)
    return rows


@action("channel.reorder")
def reorder(actor: Actor, *, channel: str, org: OrgUnit | None, codes: Sequence[str]) -> None:
    """Put the functions of ``channel`` into the order of ``codes``; those not named follow behind in their old order."""
    require_manage(actor, org)
    channel = known_channel(channel)
    hold(f"publication:{channel}")
    at = moment.now()
    present = catalog.read().nearest(channel, lineage(org), at)
    shown = sorted(
        (row for row in present.values() if row.state != PublicationState.WITHDRAWN),
        key=lambda row: (row.position, row.code),
    )
    unknown = set(codes) - {row.code for row in shown}
    if unknown or len(set(codes)) != len(codes):
        raise InvalidInput({"codes": _("次序中有未发布或重复的功能，请刷新页面后重排")})
    wanted = [*codes, *(row.code for row in shown if row.code not in codes)]
    functions = {row.code: row for row in ServiceFunction.objects.filter(code__in=wanted)}
    for place, code in enumerate(wanted, 1):
        row = _own_row(functions[code], channel, org)
        if row.position != place * 10:
            row.position = place * 10
            _save(actor, row)
    record(
        actor, "channel.reordered", status_row(channel, org), org=org, topics=[TOPIC],
        payload={"channel": channel, "functions": wanted},
    )  # fmt: skip


def _change(
    actor: Actor,
    code: str,
    channel: str | None,
    org: OrgUnit | None,
    states: set[PublicationState],
    change: Callable[[ChannelPublication], None],
) -> list[ChannelPublication]:
    """Apply ``change`` on every channel (or the one) where the function is in one of ``states`` for ``org``."""
    function = row_of(code)
    changed = []
    for name in [known_channel(channel)] if channel is not None else list(Channel.values):
        row = _own_row(function, name, org)
        if row.mode and row.state in states:
            change(row)
            _save(actor, row)
            changed.append(row)
    return changed


def _own_row(function: ServiceFunction, channel: str, org: OrgUnit | None) -> ChannelPublication:
    """The unit's own row, locked; else an unsaved copy of what holds there now; else an empty one (no mode)."""
    hold(f"publication:{channel}")
    rows = {
        row.org_id: row
        for row in ChannelPublication.objects.select_for_update().filter(function=function, channel=channel)
    }
    own = rows.get(org.pk if org else None)
    if own is not None:
        return own
    above = next((rows[key] for key in [*reversed(lineage(org)), None] if key in rows), None)
    fresh = ChannelPublication(function=function, channel=channel, org=org, mode="", position=0)
    if above is not None:
        for name in ("state", "mode", "position", "announcement", "announcement_en", "paused_until"):
            setattr(fresh, name, getattr(above, name))
        fresh.valid_from, fresh.valid_to = above.valid_from, above.valid_to
    return fresh


def _save(actor: Actor, row: ChannelPublication) -> None:
    row.changed_by_name, row.changed_at = actor.name, moment.now()
    row.save()
    catalog.changed()


def _clear_pause(row: ChannelPublication) -> None:
    row.announcement, row.announcement_en, row.paused_until = "", "", None


def _payload(code: str, channels: list[str]) -> dict[str, object]:
    return {"function": code, "channels": channels}
