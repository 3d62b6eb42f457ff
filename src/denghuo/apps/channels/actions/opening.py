"""Closing a channel and opening it again."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from denghuo.apps.channels import catalog
from denghuo.apps.channels.actions.common import LONGEST, TOPIC, check_announcement, hold, known_channel, status_row
from denghuo.apps.channels.choices import StatusState
from denghuo.apps.channels.models import ChannelStatus, ContactAtChannel, FunctionUse
from denghuo.apps.channels.places import lineage, require_manage
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit, units_under


@action("channel.close")
def close_channel(
    actor: Actor,
    *,
    channel: str,
    org: OrgUnit | None,
    announcement: str,
    announcement_en: str = "",
    until: dt.datetime | None = None,
    reason: str = "",
) -> ChannelStatus:
    """Take no new customers on ``channel`` from ``org`` and below; again while closed to change announcement or time.

    Conversations and uses that run go on to their end. ``until`` opens it by itself. Raises NotAllowed, NotFound,
    InvalidInput (announcement, announcement_en, until, reason).
    """
    require_manage(actor, org)
    channel = known_channel(channel)
    form = Form()
    text, text_en = check_announcement(form, announcement, announcement_en, until)
    why = form.text("reason", reason, longest=LONGEST, lines=False)
    form.finish()
    now = moment.now()
    row = status_row(channel, org)
    if row.state != StatusState.CLOSED or row.closed_at is None:
        row.closed_at = now
    row.state, row.announcement, row.announcement_en = StatusState.CLOSED, text, text_en
    row.closed_until, row.reason = until, why
    row.changed_by_id, row.changed_by_name, row.changed_at = actor.id, actor.name, now
    row.save()
    waiting, running = at_work(channel, org)
    record(
        actor, "channel.closed", row, org=org, topics=[TOPIC],
        payload={
            "channel": channel, "until": until.isoformat() if until else None, "waiting": waiting, "running": running,
        },
    )  # fmt: skip
    catalog.changed()
    return row


@action("channel.open")
def open_channel(actor: Actor, *, channel: str, org: OrgUnit | None) -> ChannelStatus:
    """Take customers again. Raises Conflict when the channel is open, or closed by a unit above."""
    require_manage(actor, org)
    channel = known_channel(channel)
    hold(f"status:{channel}")
    row = ChannelStatus.objects.select_for_update().filter(channel=channel, org=org, state=StatusState.CLOSED).first()
    if row is None:
        above = catalog.read().closure(channel, lineage(org), moment.now())
        if above is not None:
            raise Conflict(_("该渠道由上级单位关闭，请由上级单位恢复"))
        raise Conflict(_("该渠道已经开放"))
    _open(actor, row, by_timer=False)
    return row


@action("channel.reopen_due")
def reopen_due(actor: Actor) -> int:
    """Open channels whose time of return has come; give how many. For the timer."""
    due = ChannelStatus.objects.select_for_update(skip_locked=True, of=("self",)).select_related("org")
    rows = list(due.filter(state=StatusState.CLOSED, closed_until__lte=moment.now()))
    for row in rows:
        _open(actor, row, by_timer=True)
    return len(rows)


def at_work(channel: str, org: OrgUnit | None) -> tuple[int, int]:
    """Conversations that wait and function uses that run on ``channel`` for ``org`` and below."""
    waiting = ContactAtChannel.objects.filter(channel=channel, waiting=True)
    running = FunctionUse.objects.filter(channel=channel, state="started")
    if org is not None:
        units = units_under((org.path,))
        waiting, running = waiting.filter(org__in=units), running.filter(org__in=units)
    return waiting.count(), running.count()


def _open(actor: Actor, row: ChannelStatus, *, by_timer: bool) -> None:
    row.state, row.closed_until, row.changed_at = StatusState.OPEN, None, moment.now()
    row.changed_by_id, row.changed_by_name = actor.id, actor.name
    row.save()
    record(
        actor, "channel.opened", row, org=row.org, topics=[TOPIC],
        payload={"channel": row.channel, "by_timer": by_timer},
    )  # fmt: skip
    catalog.changed()
