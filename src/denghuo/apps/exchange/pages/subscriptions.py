"""Screens of the subscriptions: who is told of what, trying it out, telling again; and what the feed is."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.exchange import feed
from denghuo.apps.exchange.actions import subscriptions as actions
from denghuo.apps.exchange.api import kind_out
from denghuo.apps.exchange.forms import AREA_LABELS, ReplayForm, SubscriptionForm
from denghuo.apps.exchange.models import Delivery, Subscription
from denghuo.apps.exchange.pages.common import MANAGE, VIEW, refused
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, InvalidInput, NotFound
from denghuo.core.http.actors import actor_of
from denghuo.core.inputs import Form
from denghuo.web.formtools import add_refusal, once

SHOWN = 20


@require_GET
@staff_page(VIEW)
def home(request: HttpRequest) -> HttpResponse:
    """All subscriptions with how they stand."""
    actor = actor_of(request)
    since = timezone.now() - timezone.timedelta(days=1)
    rows = Subscription.objects.visible_to(actor, VIEW).select_related("org")
    found = list(
        rows.annotate(
            waiting=Count("deliveries", filter=Q(deliveries__state="pending")),
            dead=Count("deliveries", filter=Q(deliveries__state="dead")),
            sent=Count("deliveries", filter=Q(deliveries__state="sent", deliveries__ended_at__gte=since)),
        )
    )
    context = {
        "rows": [{"row": row, "kinds": kinds_in_words(row.kinds)} for row in found],
        "paused": [row for row in found if row.state == "paused"],
        "may_manage": actor.can_somewhere(MANAGE), "tab": "subscriptions",
    }  # fmt: skip
    return render(request, "exchange/subscriptions.html", context)


def kinds_in_words(kinds: list[str]) -> list[str]:
    """Kinds as people read them: a whole area by its name, single ones by theirs."""
    from denghuo.core.events.kinds import KINDS

    return [
        _("%(area)s：全部") % {"area": AREA_LABELS.get(kind[:-2], kind)} if kind.endswith(".*")
        else str(KINDS[kind].label) if kind in KINDS else kind
        for kind in kinds
    ]  # fmt: skip


def subscription_of(actor: Actor, pk: int) -> Subscription:
    """The subscription, if the actor may see it. Raises NotFound."""
    row = Subscription.objects.visible_to(actor, VIEW).select_related("org").filter(pk=pk).first()
    if row is None:
        raise NotFound(_("没有这个推送订阅"))
    return row


@require_http_methods(["GET", "POST"])
@staff_page(MANAGE)
def new(request: HttpRequest) -> HttpResponse:
    """Make a subscription; the answer shows its secret, once."""
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
@staff_page(MANAGE)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a subscription."""
    return _edit(request, subscription_of(actor_of(request), pk))


def _edit(request: HttpRequest, row: Subscription | None) -> HttpResponse:
    actor = actor_of(request)
    form = SubscriptionForm(actor, row, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        secret: list[str] = []
        if form.is_valid():
            data = form.cleaned_data

            def run() -> int:
                made, shown = actions.save_subscription(
                    actor, row.pk if row else None, name=data["name"], url=data["url"], kinds=form.chosen,
                    org=form.units[data["org"]], ordered=data["ordered"],
                )  # fmt: skip
                secret.append(shown)  # never into the idempotency table
                return made.pk

            try:
                pk = once(request, actor, "subscription.save", run)
            except ActionError as error:
                _refuse(form, error)
            else:
                if secret and secret[0]:
                    return _secret_page(request, subscription_of(actor, pk), secret[0], made=True)
                messages.success(request, _("推送订阅已保存"))
                return redirect("exchange:subscription", pk)
        elif not form.chosen:
            form.add_error(None, _("请至少选择一类事件"))
    context = {"form": form, "row": row, "tab": "subscriptions"}
    return render(request, "exchange/subscription_form.html", context, status=422 if form.errors else 200)


def _refuse(form: SubscriptionForm, error: ActionError) -> None:
    if isinstance(error, InvalidInput) and "kinds" in error.fields:
        for text in error.fields.pop("kinds"):
            form.add_error(None, text)
    if not isinstance(error, InvalidInput) or error.fields:
        add_refusal(form, error)


def _secret_page(request: HttpRequest, row: Subscription, secret: str, *, made: bool) -> HttpResponse:
    context = {
        "row": row, "secret": secret, "made": made, "tab": "subscriptions",
        "hours": f"{policies.get('webhook.rotation_hours', row.org):g}",
    }  # fmt: skip
    return render(request, "exchange/secret.html", context)


@require_GET
@staff_page(VIEW)
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One subscription: how it stands, its latest deliveries, and what can be done."""
    actor = actor_of(request)
    return render(request, "exchange/subscription.html", _detail(actor, subscription_of(actor, pk), ReplayForm()))


def _detail(actor: Actor, row: Subscription, form: ReplayForm) -> dict[str, Any]:
    latest = list(Delivery.objects.filter(subscription=row).order_by("-created_at", "-pk").defer("body")[:SHOWN])
    counts = dict(row.deliveries.order_by().values_list("state").annotate(n=Count("id")))
    return {
        "row": row, "kinds": kinds_in_words(row.kinds), "latest": latest, "counts": counts, "replay": form,
        "mine": actor.can(MANAGE, row.org.path), "tab": "subscriptions",
    }  # fmt: skip


@require_POST
@staff_page(MANAGE)
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Pause, resume, try out, change the secret, tell again."""
    actor = actor_of(request)
    row = subscription_of(actor, pk)
    try:
        if verb == "rotate":
            secret: list[str] = []

            def rotate() -> bool:
                secret.append(actions.rotate_secret(actor, pk))
                return True

            once(request, actor, "subscription.rotate", rotate)
            if secret:
                return _secret_page(request, row, secret[0], made=False)
            messages.info(request, _("密钥已更换过；若没有记下，请再次更换"))
        elif verb == "replay":
            return _replay(request, actor, row)
        elif verb in _VERBS:
            messages.success(request, _VERBS[verb](request, actor, row))
        else:
            raise NotFound()
    except NotFound:
        raise
    except ActionError as error:
        return refused(request, error, "exchange:subscription", pk)
    return redirect("exchange:subscription", pk)


def _replay(request: HttpRequest, actor: Actor, row: Subscription) -> HttpResponse:
    form = ReplayForm(request.POST)
    if form.is_valid():
        span = {"since": form.cleaned_data["since"], "until": form.cleaned_data["until"]}
        try:
            count = once(request, actor, "subscription.replay", lambda: actions.replay(actor, row.pk, **span))
        except InvalidInput as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("已安排重放 %(count)s 个事件，沿用原消息编号") % {"count": count})
            return redirect("exchange:subscription", row.pk)
    return render(request, "exchange/subscription.html", _detail(actor, row, form), status=422)


def _ping(request: HttpRequest, actor: Actor, row: Subscription) -> str:
    once(request, actor, "subscription.ping", lambda: actions.ping(actor, row.pk).pk)
    return _("测试事件已进入队列，几秒后刷新本页查看结果")


def _pause(request: HttpRequest, actor: Actor, row: Subscription) -> str:
    actions.pause_subscription(actor, row.pk, reason=_reason(request, _("人工暂停")))
    return _("已暂停；其间的事件会保留，恢复后补送")


def _stop(request: HttpRequest, actor: Actor, row: Subscription) -> str:
    actions.pause_subscription(actor, row.pk, reason=_reason(request, _("人工停用")), off=True)
    return _("已停用；停用期间的事件不会补送")


def _resume(request: HttpRequest, actor: Actor, row: Subscription) -> str:
    actions.resume_subscription(actor, row.pk)
    return _("已恢复推送")


def _reason(request: HttpRequest, default: str) -> str:
    return Form().text("reason", request.POST.get("reason", ""), longest=200, lines=False) or default


_VERBS = {"ping": _ping, "pause": _pause, "stop": _stop, "resume": _resume}


@require_GET
@staff_page(VIEW)
def feed_page(request: HttpRequest) -> HttpResponse:
    """What the change feed is, the kinds it holds, and how a call looks."""
    kinds = [kind_out(name) for name in feed.published_kinds()]
    areas = {
        area: {"label": AREA_LABELS.get(area, area), "kinds": [k for k in kinds if k["kind"].startswith(area + ".")]}
        for area in feed.AREAS
    }
    context = {
        "areas": [value for value in areas.values() if value["kinds"]], "tab": "feed",
        "days": policies.get("exchange.feed_days"), "address": request.build_absolute_uri("/api/v1/changes"),
        "most": policies.get("exchange.feed_page"), "count": len(kinds),
    }  # fmt: skip
    return render(request, "exchange/feed.html", context)
