"""What happens to a request beside its flow: a panel on its page, and the list of those under supervision or escalated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.requests.handling import actions as a
from denghuo.apps.requests.handling import forms as f
from denghuo.apps.requests.handling import overruns, reading
from denghuo.apps.requests.handling.rights import may
from denghuo.apps.requests.limits import LABELS
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.pages.common import free_text
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http import actor_of
from denghuo.web import tables as t
from denghuo.web.formtools import add_refusal, once
from denghuo.web.http import hx_redirect


@dataclass(frozen=True, slots=True)
class Verb:
    """A button with its form, what it does, and the sentence when it is done."""

    label: str | Promise
    icon: str
    form: type[f.HandlingForm]
    act: Callable[[Actor, int, dict[str, Any]], Any]
    done: str | Promise


def _split(actor: Actor, pk: int, data: dict[str, Any]) -> None:
    part = a.Part(data["type"], data["description"])
    a.split_request(actor, pk, parts=[part], reason=data["reason"], version=data["version"])


def _without_version(act: Callable[..., Any]) -> Callable[[Actor, int, dict[str, Any]], Any]:
    return lambda actor, pk, data: act(actor, pk, **{k: v for k, v in data.items() if k != "version"})


VERBS: dict[str, Verb] = {
    "decline": Verb(gettext_lazy("退单"), "arrow-back-up", f.DeclineForm, lambda x, pk, d: a.decline_request(x, pk, **d), gettext_lazy("已退回中心")),
    "transfer": Verb(gettext_lazy("转派其他单位"), "transfer", f.TransferForm, lambda x, pk, d: a.transfer_request(x, pk, **d), gettext_lazy("已转派")),
    "hold": Verb(gettext_lazy("挂起"), "player-pause", f.HoldForm, lambda x, pk, d: a.hold_request(x, pk, **d), gettext_lazy("已挂起，到时自动恢复")),
    "resume": Verb(gettext_lazy("恢复办理"), "player-play", f.ResumeForm, lambda x, pk, d: a.resume_request(x, pk, **d), gettext_lazy("已恢复办理")),
    "reopen": Verb(gettext_lazy("重启"), "rotate-clockwise", f.ReopenForm, lambda x, pk, d: a.reopen_request(x, pk, **d), gettext_lazy("已重启，请重新派发")),
    "split": Verb(gettext_lazy("拆分"), "git-branch", f.SplitForm, _split, gettext_lazy("已拆出一张诉求")),
    "supervise": Verb(gettext_lazy("督办"), "flag-3", f.SuperviseForm, lambda x, pk, d: a.supervise_request(x, pk, **d), gettext_lazy("已列入督办")),
    "reply-supervision": Verb(gettext_lazy("回复督办"), "message", f.WordsForm, _without_version(a.reply_supervision), gettext_lazy("已回复督办")),
    "end-supervision": Verb(gettext_lazy("办结督办"), "checks", f.WordsForm, _without_version(a.end_supervision), gettext_lazy("督办已办结")),
    "escalate": Verb(gettext_lazy("升级"), "arrow-up", f.EscalateForm, lambda x, pk, d: a.escalate_request(x, pk, **d), gettext_lazy("已升级")),
    "overrun": Verb(gettext_lazy("登记说明、致歉、补偿"), "speakerphone", f.OverrunForm, _without_version(a.record_overrun_step), gettext_lazy("已登记")),
    "private": Verb(gettext_lazy("保密与匿名"), "lock", f.PrivateForm, lambda x, pk, d: a.keep_private(x, pk, **d), gettext_lazy("已保存")),
}  # fmt: skip


@require_GET
@staff_page("requests.view")
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The panel, fetched by the request's page when that has loaded and after each live message."""
    actor = actor_of(request)
    return _panel(request, actor, _seen(actor, pk))


@require_POST
@staff_page("requests.view")
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Do one of :data:`VERBS`; a refusal shows the panel again with what was typed."""
    actor, chosen = actor_of(request), VERBS.get(verb)
    if chosen is None:
        raise Http404
    row = _seen(actor, pk)
    form = chosen.form(request.POST, prefix=verb)
    if form.is_valid():
        try:
            once(request, actor, f"page.{verb}:{pk}", lambda: bool(chosen.act(actor, pk, dict(form.cleaned_data))))
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, str(chosen.done))
            gone = not reading.seen(actor).filter(pk=pk).exists()
            return hx_redirect(request, reverse("requests:list") if gone else reverse("requests:detail", args=[pk]))
    return _panel(request, actor, _seen(actor, row.pk), verb, form)


@require_POST
@staff_page("requests.view")
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve the compensation that waits."""
    return _plainly(request, pk, "page.approve", lambda actor: a.approve_compensation(actor, pk), _("补偿已批准"))


@require_POST
@staff_page("requests.view")
def take(request: HttpRequest, pk: int, escalation: int) -> HttpResponse:
    """Take what was escalated in hand."""
    return _plainly(request, pk, "page.take", lambda actor: a.take_escalation(actor, escalation), _("已接手"))


def _plainly(request: HttpRequest, pk: int, name: str, run: Callable[[Actor], Any], done: str) -> HttpResponse:
    actor = actor_of(request)
    _seen(actor, pk)
    try:
        once(request, actor, f"{name}:{pk}", lambda: bool(run(actor)))
        messages.success(request, done)
    except ActionError as error:
        messages.error(request, error.message)
    return redirect("requests:detail", pk=pk)


def _seen(actor: Actor, pk: int) -> Request:
    row = (
        reading.seen(actor).filter(pk=pk).first()
        or reading.handed_on(actor).select_related("org").filter(pk=pk).first()
    )
    if row is None:
        raise NotFound(_("没有这条诉求"))
    return row


def _panel(
    request: HttpRequest, actor: Actor, row: Request, verb: str = "", refused: Form | None = None
) -> HttpResponse:
    offered = [code for code in VERBS if may(actor, row, code)]
    if refused is not None and verb not in offered:
        offered.append(verb)  # it came back with the reason why not
    found = reading.records_of(row, lambda text: free_text(text, row, actor))
    for rung in found["escalations"]:
        path = rung.org.path
        rung.mine = rung.taken_at is None and (
            actor.can("request.supervise", path) or actor.can("request.dispatch", path)
        )
    broken = list(dict.fromkeys(overruns.broken(row)))
    context = {
        "r": row,
        "verbs": [
            (code, VERBS[code], refused if code == verb and refused is not None else _form(row, code), code == verb)
            for code in offered
        ],
        "records": found,
        "broken": [LABELS.get(kind, kind) for kind in broken],
        "demanded": overruns.demanded(row) if broken else [],
        "may_supervise": actor.can("request.supervise", row.org.path),
    }
    return render(request, "requests/handling/_panel.html", context, status=422 if refused is not None else 200)


def _form(row: Request, verb: str) -> Form:
    initial: dict[str, Any] = {"version": row.version}
    if verb == "hold":
        hour = timezone.localtime(moment.now()).replace(minute=0, second=0, microsecond=0)
        initial["until"] = hour + dt.timedelta(days=1)
    if verb == "private":
        initial |= {"confidential": row.confidential, "anonymous": row.anonymous}
    if verb == "overrun":
        initial["text"] = policies.get("overrun.wording", row.org).get("explain", "")
    return VERBS[verb].form(prefix=verb, initial=initial)


class WatchedTable(t.Table):
    """Open supervisions, the one due first on top."""

    number = t.Column(
        gettext_lazy("编号"),
        value=lambda row, ctx: row.request.number,
        link=lambda row: reverse("requests:detail", args=[row.request_id]),
    )
    state = t.StateColumn(gettext_lazy("状态"), kind="request", value=lambda row, ctx: row.request.state)
    type = t.Column(gettext_lazy("类型"), value=lambda row, ctx: row.request.get_type_display())
    why = t.Column(gettext_lazy("督办来源"), value=lambda row, ctx: row.get_why_display())
    org = t.Column(gettext_lazy("单位"), value=lambda row, ctx: row.request.org.label)
    level = t.Column(
        gettext_lazy("升级层级"), value=lambda row, ctx: reading.level_name(row.request.escalation_level) or "—"
    )
    at = t.TimeColumn(pgettext_lazy("督办", "列入时间"))
    due_at = t.TimeColumn(gettext_lazy("督办期限"), sort="due_at")

    class Meta:
        name = "supervised"
        default_sort = "due_at"
        page_size = 50
        export = True
        empty = (gettext_lazy("没有进行中的督办"), gettext_lazy("超时、多次催办、多次退单或主管督办的诉求会出现在这里"))


class RaisedTable(t.Table):
    """Rungs that nobody has taken, newest first."""

    number = t.Column(
        gettext_lazy("编号"),
        value=lambda row, ctx: row.request.number,
        link=lambda row: reverse("requests:detail", args=[row.request_id]),
    )
    state = t.StateColumn(gettext_lazy("状态"), kind="request", value=lambda row, ctx: row.request.state)
    type = t.Column(gettext_lazy("类型"), value=lambda row, ctx: row.request.get_type_display())
    level = t.Column(gettext_lazy("升级层级"), value=lambda row, ctx: reading.level_name(row.level))
    why = t.Column(pgettext_lazy("升级", "缘由"), value=lambda row, ctx: reading.why_raised(row.why))
    org = t.Column(gettext_lazy("升级到"), value=lambda row, ctx: row.org.label)
    at = t.TimeColumn(pgettext_lazy("升级", "升级时间"), sort="at")

    class Meta:
        name = "raised"
        default_sort = "-at"
        page_size = 50
        export = True
        empty = (gettext_lazy("没有待接手的升级"), gettext_lazy("超时诉求逐级升级后，会出现在所到层级的列表里"))


@require_GET
@staff_page("requests.view")
def watched(request: HttpRequest) -> HttpResponseBase:
    """Under supervision, or (``?tab=raised``) escalated and not taken."""
    actor = actor_of(request)
    raised = request.GET.get("tab") == "raised"
    live = [f"floor:{path}" for path in actor.paths_for("requests.view")]
    kind, rows = (RaisedTable, reading.raised(actor)) if raised else (WatchedTable, reading.supervised(actor))
    table = kind(request, rows, actor=actor, live=live)
    return t.table_response(
        request, table, "requests/handling/watched.html", {"live_topics": live, "wide": True, "raised": raised}
    )
