"""What the screens share: the tabs, the span of days, badges."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from denghuo.apps.knowledge.choices import SearchOutcome
from denghuo.apps.knowledge.learning.choices import ClusterState
from denghuo.apps.knowledge.models import QuestionCluster
from denghuo.apps.knowledge.queries import EDIT
from denghuo.core import moment
from denghuo.core.http.actors import actor_of

SPANS: Final = (7, 30, 90)
SPAN: Final = 30
OUTCOME_LOOK: Final = {
    SearchOutcome.ANSWER: ("ok", "circle-check"),
    SearchOutcome.CHOICES: ("info", "list"),
    SearchOutcome.REFUSE: ("warn", "help-circle"),
}
CHANNEL_LABELS: Final = {
    "web": _("网上自助"),
    "voice": _("电话"),
    "web_chat": _("在线客服"),
    "wechat": _("微信"),
    "sms": _("短信"),
    "email": _("邮件"),
    "counter": _("营业厅"),
}
SIDE_LABELS: Final = {"public": _("客户自助"), "robot": _("智能客服"), "agent": _("坐席")}


@dataclass(frozen=True, slots=True)
class Span:
    """Days counted: the last ``days``, today included."""

    days: int
    since: dt.datetime
    until: dt.datetime

    @property
    def first_day(self) -> str:
        """The first day, as the log's filter takes it."""
        return timezone.localtime(self.since).date().isoformat()


def span_of(request: HttpRequest) -> Span:
    """``?days=``: one of :data:`SPANS`."""
    given = request.GET.get("days", "")
    days = int(given) if given in {str(n) for n in SPANS} else SPAN
    now = moment.now()
    start = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) - dt.timedelta(days=days - 1)
    return Span(days, start, now + dt.timedelta(seconds=1))


def side_of(request: HttpRequest) -> str:
    """``?side=``: public, robot, agent; "" for all."""
    given = request.GET.get("side", "")
    return given if given in SIDE_LABELS else ""


def base(request: HttpRequest, tab: str) -> dict[str, Any]:
    """Context of every screen: the tab shown, how much waits, whether the reader may edit. One statement."""
    return {
        "tab": tab,
        "waiting": QuestionCluster.objects.filter(state=ClusterState.OPEN).count(),
        "may_edit": actor_of(request).can_somewhere(EDIT),
        "wide": True,
    }


def outcome_look(value: Any, row: Any) -> tuple[Any, str, str] | None:
    """Badge of a search's outcome."""
    tone, icon = OUTCOME_LOOK[SearchOutcome(row.outcome)]
    return (SearchOutcome(row.outcome).label, tone, icon)
