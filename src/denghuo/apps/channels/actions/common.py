"""What the actions on channels share."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.utils.translation import gettext as _

from denghuo.apps.channels.choices import Channel
from denghuo.apps.channels.models import ChannelStatus, ServiceFunction
from denghuo.apps.channels.registry import FUNCTIONS, Function
from denghuo.core import moment
from denghuo.core.errors import NotFound
from denghuo.core.inputs import Form, shown
from denghuo.core.scoping.models import OrgUnit

TOPIC = "channels:all"  # heard by the pages of channel management
LONGEST, LONGEST_EN = 200, 300


def known_channel(code: str) -> str:
    """The channel's code; raises NotFound."""
    if code not in Channel.values:
        raise NotFound(_("没有这个渠道：%(code)s") % {"code": str(code)[:40]})
    return str.__str__(code)


def known_function(code: str) -> Function:
    """The registered function; raises NotFound."""
    found = FUNCTIONS.get(code)
    if found is None:
        raise NotFound(_("没有这项服务功能：%(code)s") % {"code": str(code)[:40]})
    return found


def row_of(code: str, *, lock: bool = False) -> ServiceFunction:
    """The function's row; raises NotFound while it has none (``sync_functions`` has not run)."""
    known_function(code)
    rows = ServiceFunction.objects.select_for_update() if lock else ServiceFunction.objects.all()
    found = rows.filter(code=code).first()
    if found is None:
        raise NotFound(_("没有这项服务功能：%(code)s") % {"code": code[:40]})
    return found


def check_announcement(form: Form, text: str, text_en: str, until: dt.datetime | None) -> tuple[str, str]:
    """Announcement in both languages and a time of return that lies ahead (fields announcement, announcement_en, until)."""
    clean = form.text("announcement", text, longest=LONGEST, lines=False)
    if not clean:
        form.faults.setdefault("announcement", [_("请填写给客户看的公告，说明原因和可用的其他渠道")])
    clean_en = form.text("announcement_en", text_en, longest=LONGEST_EN, lines=False)
    now = moment.now()
    if until is not None and until.tzinfo is None:
        form.wrong("until", _("时间须带时区，如 2026-01-31T08:30:00+08:00"))
    elif until is not None and not sane(until):
        form.wrong("until", _("时间须在 2000 年至 2199 年之间"))
    elif until is not None and until <= now:
        form.wrong("until", _("预计恢复时间须晚于现在（%(now)s）") % {"now": shown(now)})
    return clean, clean_en


def sane(at: dt.datetime) -> bool:
    """Whether ``at`` can be kept and shown in every time zone; the years at the ends of the calendar cannot."""
    return 2000 <= at.year <= 2199


def status_row(channel: str, org: OrgUnit | None) -> ChannelStatus:
    """The channel's row for ``org``, locked; made (open) when it is not there. What concerns a whole channel is told of it."""
    hold(f"status:{channel}")
    row = ChannelStatus.objects.select_for_update().filter(channel=channel, org=org).first()
    return row or ChannelStatus.objects.create(channel=channel, org=org)


def hold(what: str) -> None:
    """Let actions on ``what`` pass one after another until this transaction ends; rows may not exist yet to be locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"channels:{what}"])
