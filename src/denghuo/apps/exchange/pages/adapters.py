"""Screens of the connected systems: how each stands, its settings, its messages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.exchange.actions import adapters as actions
from denghuo.apps.exchange.choices import AdapterCode
from denghuo.apps.exchange.models import AdapterConnection, AdapterMessage
from denghuo.apps.exchange.pages.common import MANAGE, VIEW, dotted, refused, units_for
from denghuo.apps.exchange.webhooks import signing
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http.actors import actor_of
from denghuo.web.formtools import add_refusal, once

SHOWN = 30
ABOUT = {
    "marketing": gettext_lazy("查询户号、欠费和账单，申请并跟踪欠费复电"),
    "pms": gettext_lazy("接收停电信息，下发抢修工单并接收进展"),
    "oms": gettext_lazy("接收停电信息与设备、电表事件，下发抢修工单，转告停电来电"),
    "hotline12345": gettext_lazy("接收 12345 工单，回传进展和结果，说明理由退单"),
}
INBOUND = {
    "pms": "/api/v1/adapters/pms/", "oms": "/api/v1/adapters/oms/", "hotline12345": "/api/v1/adapters/hotline12345/",
}  # fmt: skip
ICONS = {
    "marketing": "currency-yuan", "pms": "circuit-switch-open", "oms": "bolt-off",
    "hotline12345": "phone-incoming",
}  # fmt: skip


class ConnectionForm(forms.Form):
    """Settings of one connection. Secrets are never sent to the browser; left empty, the kept ones stay."""

    org = forms.TypedChoiceField(
        label=gettext_lazy("单位范围"), coerce=int, help_text=gettext_lazy("对方只能办理该单位及其下级的业务")
    )
    base_url = forms.CharField(label=gettext_lazy("接口地址"), max_length=300, required=False)
    active = forms.BooleanField(label=gettext_lazy("启用"), required=False)

    LABELS = (
        ("token", gettext_lazy("对方调用令牌")), ("inbound_secret", gettext_lazy("对方签名密钥")),
        ("outbound_token", gettext_lazy("我方调用令牌")), ("outbound_secret", gettext_lazy("我方签名密钥")),
    )  # fmt: skip

    def __init__(self, actor: Actor, row: AdapterConnection | None, data: Any = None) -> None:
        initial: dict[str, Any] = {}
        if row is not None:
            initial = {"org": row.org_id, "base_url": row.base_url, "active": row.active}
        super().__init__(data, initial=initial)
        self.units = units_for(actor, MANAGE)
        self.fields["org"].choices = [(pk, dotted(unit)) for pk, unit in self.units.items()]  # type: ignore[attr-defined]
        held = row.held_secrets() if row is not None else {}
        for name, label in self.LABELS:
            hint = _("已设置；不填则保持不变") if held.get(name) else _("可写 env:变量名 从服务器环境读取")
            widget = forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False)
            self.fields[name] = forms.CharField(
                label=label, required=False, max_length=200, help_text=hint, widget=widget
            )

    def secret_fields(self) -> list[forms.BoundField]:
        """The secrets, in their order."""
        return [self[name] for name, _label in self.LABELS]


@require_GET
@staff_page(VIEW)
def listing(request: HttpRequest) -> HttpResponse:
    """How every system stands, and the latest messages."""
    actor = actor_of(request)
    day = timezone.now() - timezone.timedelta(days=1)
    rows = AdapterConnection.objects.visible_to(actor, VIEW).select_related("org").annotate(
        waiting=Count("messages", filter=Q(messages__state="pending")),
        dead=Count("messages", filter=Q(messages__state__in=["dead", "refused"])),
        came=Count("messages", filter=Q(messages__direction="in", messages__at__gte=day)),
        went=Count("messages", filter=Q(messages__direction="out", messages__state="done", messages__at__gte=day)),
    )  # fmt: skip
    held = {row.code: row for row in rows}
    lines = [
        {
            "code": str(code), "label": label, "about": ABOUT[code], "icon": ICONS[code], "row": held.get(code),
            "healthy": _healthy(held.get(code)),
        }
        for code, label in AdapterCode.choices
    ]  # fmt: skip
    latest = AdapterMessage.objects.filter(connection__in=[row.pk for row in held.values()]).select_related(
        "connection"
    )
    context = {
        "lines": lines, "latest": list(latest.order_by("-at", "-pk").defer("body", "connection__secrets")[:SHOWN]),
        "may_manage": actor.can_somewhere(MANAGE), "tab": "adapters",
    }  # fmt: skip
    return render(request, "exchange/adapters.html", context)


def _healthy(row: AdapterConnection | None) -> bool | None:
    """Whether the latest thing that happened went well; None when nothing has."""
    if row is None:
        return None
    good = max((at for at in (row.last_in_at, row.last_out_at) if at), default=None)
    if row.last_error_at is None:
        return None if good is None else True
    return good is not None and good > row.last_error_at


@require_http_methods(["GET", "POST"])
@staff_page(MANAGE)
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """Settings of one system."""
    if code not in AdapterCode.values:
        raise NotFound()
    actor = actor_of(request)
    row = AdapterConnection.objects.select_related("org").filter(code=code).first()
    if row is not None:
        actor.require(MANAGE, row.org.path)
    form = ConnectionForm(actor, row, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data

        def run() -> int:
            return actions.save_connection(
                actor, code, org=form.units[data["org"]], base_url=data["base_url"], active=data["active"],
                secrets={name: data[name] for name in actions.SECRETS},
            ).pk  # fmt: skip

        try:
            # Not under the form's idempotency key alone: what it remembers must not hold secrets.
            run()
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("对接设置已保存"))
            return redirect("exchange:adapters")
    address = INBOUND.get(code, "")
    context = {
        "form": form, "row": row, "code": code, "label": AdapterCode(code).label, "about": ABOUT[code], "tab": "adapters",
        "inbound": request.build_absolute_uri(address) if address else "", "fresh": signing.new_secret(),
    }  # fmt: skip
    return render(request, "exchange/adapter.html", context, status=422 if form.errors else 200)


@require_POST
@staff_page(MANAGE)
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a message that was given up again."""
    actor = actor_of(request)
    try:
        once(request, actor, "adapter.retry", lambda: actions.retry_message(actor, pk))
    except ActionError as error:
        return refused(request, error, "exchange:adapters")
    messages.success(request, _("已重新进入发送队列"))
    return redirect("exchange:adapters")
