"""Talks of the robot with their results and figures; the recorded cases."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.assistant.actions import cases as case_actions
from denghuo.apps.assistant.choices import REASONS, CaseStyle, TalkResult
from denghuo.apps.assistant.dialogues import DIALOGUES
from denghuo.apps.assistant.figures import VIEW, figures, talks_of
from denghuo.apps.assistant.models import DialogueCase, RobotTalk
from denghuo.apps.catalogue.actions import EDIT
from denghuo.apps.contacts import actions as contacts
from denghuo.apps.contacts.choices import Channel, ContactState, Sender
from denghuo.apps.contacts.models import Message
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict
from denghuo.core.http import actor_of
from denghuo.core.privacy.masking import redact
from denghuo.web import tables as t

DAYS = 30
TAKE_OVER = ("contact.take", "contact.transfer")
TONES = {
    TalkResult.OPEN: "info", TalkResult.SOLVED: "ok", TalkResult.REQUEST_MADE: "ok", TalkResult.HANDED_OVER: "warn",
    TalkResult.LEFT: "muted",
}  # fmt: skip


def _labels() -> dict[str, str]:
    """Code -> name of the released dialogues, from memory."""
    return {row.code: row.label for row in reversed(DIALOGUES.rows())}


def _matters(row: RobotTalk, ctx: object) -> str:
    labels = _labels()
    return "、".join(labels.get(code, code) for code in row.codes) or "—"


def _may_take(row: RobotTalk, actor: Actor | None) -> bool:
    """Whether the robot still holds the conversation and ``actor`` may go on with it."""
    return (
        actor is not None
        and row.contact.state == ContactState.BOT
        and all(actor.can(one, row.org.path) for one in TAKE_OVER)
    )


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share:.0%}"


class TalkTable(t.Table):
    """What the robot did, newest first."""

    began_at = t.TimeColumn(
        gettext_lazy("开始时间"), sort="began_at", link=lambda row: reverse("assistant:talk", args=[row.pk])
    )
    channel = t.Column(gettext_lazy("渠道"), value=lambda row, ctx: dict(Channel.choices).get(row.channel, row.channel))
    codes = t.Column(gettext_lazy("对话"), value=_matters)
    turns = t.Column(gettext_lazy("轮数"), sort="turns")
    refusals = t.Column(gettext_lazy("未听懂"), sort="refusals")
    answered = t.Column(gettext_lazy("知识答复"))
    result = t.Column(gettext_lazy("结果"), value=lambda row, ctx: row.get_result_display())
    reason = t.Column(gettext_lazy("转人工原因"), value=lambda row, ctx: REASONS.get(row.reason, row.reason) or "—")
    take = t.Column(
        gettext_lazy("操作"), value=lambda row, ctx: _may_take(row, ctx.actor), export=False,
        template="assistant/talks/_take.html",
    )  # fmt: skip

    class Meta:
        name = "robot-talks"
        default_sort = "-began_at"
        page_size = 50
        filters = [
            t.ChoiceFilter("result", gettext_lazy("结果"), choices=TalkResult.choices),
            t.ChoiceFilter("reason", gettext_lazy("转人工原因"), choices=list(REASONS.items())),
            t.DateRangeFilter("began_at", gettext_lazy("日期")),
        ]
        export = True
        empty = (gettext_lazy("还没有智能客服会话"), gettext_lazy("客户从在线客服或微信进线后，会话会出现在这里"))


@require_GET
@staff_page(VIEW)
def talk_list(request: HttpRequest) -> HttpResponse:
    """The talks and the last 30 days in figures: 机器人解决率, 转人工率."""
    actor, now = actor_of(request), moment.now()
    table = TalkTable(request, talks_of(actor).select_related("contact"), actor=actor)
    found = figures(actor, now - dt.timedelta(days=DAYS), now)
    context = {
        "tab": "talks", "wide": True, "days": DAYS, "found": found, "solve_rate": _percent(found.solve_rate),
        "takeover_rate": _percent(found.takeover_rate),
    }  # fmt: skip
    return t.table_response(request, table, "assistant/talks/list.html", context)


@require_GET
@staff_page(VIEW)
def talk(request: HttpRequest, pk: int) -> HttpResponse:
    """One talk word for word, numbers of persons masked."""
    row = _talk(request, pk)
    rows = Message.objects.filter(contact_id=row.contact_id, audience="everyone").order_by("pk")
    names = dict(Sender.choices)
    lines = [
        {
            "who": names[one.sender],
            "sender": one.sender,
            "text": redact(one.text),
            "at": timezone.localtime(one.at),
            "data": one.data,
        }
        for one in rows[:300]
    ]
    labels, actor = _labels(), actor_of(request)
    context = {
        "tab": "talks", "row": row, "lines": lines, "reason": REASONS.get(row.reason, row.reason), "tone": TONES[TalkResult(row.result)],
        "matters": [labels.get(code, code) for code in row.codes], "may_keep": actor.can_somewhere(EDIT),
        "may_take": _may_take(row, actor),
    }  # fmt: skip
    return render(request, "assistant/talks/talk.html", context)


def _talk(request: HttpRequest, pk: int) -> RobotTalk:
    row = talks_of(actor_of(request)).select_related("contact").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


@require_POST
@staff_page(*TAKE_OVER)
def take_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the conversation from the robot and go on with it at the desk."""
    row = _talk(request, pk)
    try:
        contacts.take_over(actor_of(request), row.contact_id)
    except Conflict as error:
        messages.error(request, error.message)
        return redirect("assistant:talk", pk)
    messages.success(request, _("已接管，请继续答复客户"))
    return redirect(f"{reverse('contacts:desk')}?c={row.contact_id}")


@require_POST
@staff_page(EDIT)
def make_case(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a case of a talk."""
    made = case_actions.case_from_talk(actor_of(request), _talk(request, pk).contact_id)
    messages.success(request, _("已存为用例，个人信息已替换"))
    return redirect("assistant:case", made.pk)


class CaseTable(t.Table):
    """Recorded cases."""

    title = t.Column(gettext_lazy("标题"), link=lambda row: reverse("assistant:case", args=[row.pk]), sort="title")
    code = t.Column(gettext_lazy("对话"), sort="code")
    style = t.Column(gettext_lazy("说法"), value=lambda row, ctx: row.get_style_display())
    turns = t.Column(gettext_lazy("轮数"), value=lambda row, ctx: len(row.turns))
    active = t.Column(gettext_lazy("启用"), value=lambda row, ctx: _("启用") if row.active else _("停用"))

    class Meta:
        name = "robot-cases"
        default_sort = "code"
        page_size = 50
        filters = [
            t.SearchFilter("q", gettext_lazy("搜索"), apply=lambda qs, text: qs.filter(title__icontains=text)),
            t.ChoiceFilter("style", gettext_lazy("说法"), choices=CaseStyle.choices),
        ]
        empty = (gettext_lazy("没有用例"), gettext_lazy("在会话页面可把真实会话存为用例"))


@require_GET
@staff_page("catalogue.view")
def case_list(request: HttpRequest) -> HttpResponse:
    """The cases a draft must pass."""
    actor = actor_of(request)
    table = CaseTable(request, DialogueCase.objects.all(), actor=actor)
    return t.table_response(request, table, "assistant/cases/list.html", {"tab": "cases", "wide": True})


@require_http_methods(["GET", "POST"])
@staff_page("catalogue.view")
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """One case: what is said and what must come of it."""
    row = DialogueCase.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    actor = actor_of(request)
    if request.method == "POST":
        case_actions.switch_case(actor, pk, active=request.POST.get("active") == "1")
        return redirect("assistant:case", pk)
    rows = [
        {"say": turn["say"], "expect": [(name, value) for name, value in turn.get("expect", {}).items()]}
        for turn in row.turns
    ]
    context = {
        "tab": "cases",
        "row": row,
        "turns": rows,
        "may_edit": actor.can_somewhere(EDIT),
        "label": _labels().get(row.code, row.code),
    }
    return render(request, "assistant/cases/case.html", context)
