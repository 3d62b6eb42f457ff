"""Screens of the outside channels: our accounts and their health, what goes out, who is bound."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.contacts.actions.outbox import queue_outbound, retry_outbound
from denghuo.apps.contacts.actions.outside import MANAGE, VIEW, save_account, unbind_identity
from denghuo.apps.contacts.choices import Channel, OutboundState
from denghuo.apps.contacts.models import ChannelAccount, ChannelIdentity, OutboundMessage
from denghuo.apps.contacts.outside import overview
from denghuo.apps.contacts.outside.menus import publish_menu
from denghuo.apps.contacts.outside.probes import look_at
from denghuo.apps.contacts.ports import OUTSIDE
from denghuo.apps.contacts.ports.settings import SETTINGS, Setting
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http.actors import actor_of
from denghuo.core.privacy import mask
from denghuo.core.scoping.models import OrgKind, OrgUnit, units_under
from denghuo.web import states
from denghuo.web import tables as t
from denghuo.web.formtools import add_refusal, once

states.register_states(
    "outbound",
    {
        OutboundState.QUEUED: states.Look(gettext_lazy("待发送"), "hourglass", "info"),
        OutboundState.SENT: states.Look(gettext_lazy("已发送"), "check", "ok"),
        OutboundState.FAILED: states.Look(gettext_lazy("失败待重试"), "rotate-clockwise", "warn"),
        OutboundState.DEAD: states.Look(gettext_lazy("已放弃"), "circle-x", "danger"),
    },
)
states.register_states(
    "delivery",
    {
        "delivered": states.Look(gettext_lazy("已送达"), "checks", "ok"),
        "undelivered": states.Look(gettext_lazy("未送达"), "circle-x", "danger"),
    },
)
KINDS = (OrgKind.COMPANY, OrgKind.PROVINCE, OrgKind.CITY)


NEEDED = {"required": gettext_lazy("此项必填，请补充")}


class AccountForm(forms.Form):
    """An account: what all have, and what its channel needs."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=60, error_messages=NEEDED)
    code = forms.CharField(
        label=gettext_lazy("代码"), max_length=32, error_messages=NEEDED, help_text=gettext_lazy("小写字母、数字和横线，是回调地址的一部分")
    )  # fmt: skip
    org = forms.TypedChoiceField(label=gettext_lazy("所属单位"), coerce=int)
    active = forms.BooleanField(label=gettext_lazy("启用"), required=False)

    def __init__(self, actor: Actor, channel: str, held: ChannelAccount | None, data: Any = None) -> None:
        initial = {"active": True}
        if held is not None:
            initial = {"name": held.name, "code": held.code, "org": held.org_id, "active": held.active, **held.settings}
        super().__init__(data, initial=initial)
        units = units_under(actor.paths_for(MANAGE)).filter(kind__in=KINDS).order_by("path")
        self.units = {unit.pk: unit for unit in units}
        self.fields["org"].choices = [(pk, unit.label) for pk, unit in self.units.items()]  # type: ignore[attr-defined]
        secrets = held.held_secrets() if held is not None else {}
        for item in SETTINGS[channel]:
            self.fields[item.name] = _control(item, kept=bool(secrets.get(item.name)))

    def settings_fields(self) -> list[forms.BoundField]:
        """The channel's own fields, in their order."""
        return [self[name] for name in self.fields if name not in {"name", "code", "org", "active"}]


def _control(item: Setting, *, kept: bool) -> forms.Field:
    """The control of one setting. A secret is never sent to the browser; left empty, the kept one stays."""
    if item.secret:
        help_text = _("已设置；不填则保持不变") if kept else item.help
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False)
        needed = item.required and not kept
        return forms.CharField(
            label=item.label, required=needed, help_text=help_text, widget=widget, error_messages=NEEDED
        )
    if item.kind == "flag":
        return forms.BooleanField(label=item.label, required=False, help_text=item.help)
    if item.kind == "choice":
        return forms.ChoiceField(label=item.label, choices=item.choices, initial=item.default, help_text=item.help)
    widget = forms.Textarea(attrs={"rows": 3, "maxlength": 500}) if item.kind == "longtext" else forms.TextInput()
    return forms.CharField(
        label=item.label, required=item.required, initial=item.default, help_text=item.help, widget=widget,
        error_messages=NEEDED,
    )  # fmt: skip


class TrialForm(forms.Form):
    """A trial message."""

    address = forms.CharField(
        label=gettext_lazy("收件人"), max_length=120, error_messages=NEEDED,
        help_text=gettext_lazy("微信填 OpenID，短信填手机号，邮件填邮箱地址"),
    )  # fmt: skip
    text = forms.CharField(
        label=gettext_lazy("内容"), max_length=200, error_messages=NEEDED, widget=forms.Textarea(attrs={"rows": 3})
    )


class OutboundTable(t.Table):
    """What goes out and what became of it."""

    created_at = t.TimeColumn(gettext_lazy("创建时间"), sort="created_at")
    via = t.Column(gettext_lazy("账号"), value=lambda row, ctx: row.via.name if row.via else "", css="text-nowrap")
    to = t.Column(gettext_lazy("收件人"), value=lambda row, ctx: _to(row), css="dh-mono text-nowrap")
    state = t.StateColumn(gettext_lazy("状态"), kind="outbound", sort="state")
    delivery = t.StateColumn(gettext_lazy("回执"), kind="delivery")
    attempts = t.NumberColumn(gettext_lazy("尝试次数"), sort="attempts")
    sent_at = t.TimeColumn(gettext_lazy("发送时间"), sort="sent_at", relative=True)
    act = t.Column(
        gettext_lazy("操作"), value=lambda row, ctx: "", template="contacts/outside/_retry.html", export=False,
        css="text-nowrap",
    )  # fmt: skip
    error = t.Column(gettext_lazy("原因"), clip=True)

    class Meta:
        name = "outbound"
        default_sort = "-created_at"
        page_size = 50
        paging = "pages"
        export = True
        filters = [
            t.ChoiceFilter("state", gettext_lazy("状态"), choices=OutboundState.choices),
            t.ChoiceFilter("channel", gettext_lazy("渠道"), choices=[(c.value, c.label) for c in OUTSIDE]),
            t.DateRangeFilter("created_at", gettext_lazy("创建时间")),
        ]
        empty = (gettext_lazy("没有外发消息"), gettext_lazy("坐席在微信、短信和邮件会话中的回复会列在这里"))


def _to(row: OutboundMessage) -> str:
    return _short(row.identity.external if row.identity is not None else row.address)


def _short(external: str) -> str:
    """The mask without its length: a long row of stars says nothing more."""
    return mask("external_id", external)[-8:]


class IdentityTable(t.Table):
    """Who is known on the channels."""

    channel = t.Column(gettext_lazy("渠道"), value=lambda row, ctx: row.get_channel_display(), sort="channel")
    via = t.Column(gettext_lazy("账号"), value=lambda row, ctx: row.via.name if row.via else "", css="text-nowrap")
    external = t.Column(
        gettext_lazy("渠道标识"), value=lambda row, ctx: _short(row.external), css="dh-mono text-nowrap"
    )
    customer = t.Column(
        gettext_lazy("客户"), value=lambda row, ctx: mask("name", row.customer.name) if row.customer else ""
    )
    number = t.Column(
        gettext_lazy("户号"), css="dh-num",
        value=lambda row, ctx: mask("account_number", row.account.number) if row.account else "",
    )  # fmt: skip
    bound_at = t.TimeColumn(gettext_lazy("绑定时间"), sort="bound_at")
    subscribed = t.BadgeColumn(
        gettext_lazy("接收消息"), value=lambda row, ctx: row.subscribed, look=lambda value, row: _following(value)
    )
    last_inbound_at = t.TimeColumn(gettext_lazy("最近互动"), sort="last_inbound_at", relative=True)
    act = t.Column(
        gettext_lazy("操作"), value=lambda row, ctx: "", template="contacts/outside/_unbind.html", export=False
    )

    class Meta:
        name = "identities"
        default_sort = "-last_inbound_at"
        page_size = 50
        paging = "pages"
        filters = [
            t.ChoiceFilter("channel", gettext_lazy("渠道"), choices=[(c.value, c.label) for c in OUTSIDE]),
            t.BoolFilter(
                "bound", gettext_lazy("只看已绑定"), apply=lambda rows, _on: rows.filter(account__isnull=False)
            ),
        ]
        empty = (gettext_lazy("还没有人通过外部渠道来访"), gettext_lazy("客户第一次从微信、短信或邮件联系后会列在这里"))


def _following(value: bool) -> tuple[str, str, str]:
    return (_("接收"), "ok", "check") if value else (_("已拒收"), "muted", "ban")


@require_GET
@staff_page(VIEW)
def accounts_page(request: HttpRequest) -> HttpResponse:
    """All accounts with their health and traffic."""
    actor = actor_of(request)
    lines = overview.accounts(actor)
    context = {
        "lines": [
            {"line": line, "hook": _hook(request, line.account), "mine": actor.can(MANAGE, line.account.org.path)}
            for line in lines
        ],
        "channels": [(c.value, c.label) for c in OUTSIDE],
        "may_manage": actor.can_somewhere(MANAGE),
        "tab": "accounts",
    }
    return render(request, "contacts/outside/accounts.html", context)


def _hook(request: HttpRequest, account: ChannelAccount) -> str:
    """The address the provider is to call; "" where none calls."""
    names = {Channel.WECHAT: "contacts:hook-wechat", Channel.SMS: "contacts:hook-sms"}
    name = names.get(Channel(account.channel))
    return request.build_absolute_uri(reverse(name, args=[account.code])) if name else ""


@require_http_methods(["GET", "POST"])
@staff_page(MANAGE)
def account_new(request: HttpRequest, channel: str) -> HttpResponse:
    """Make an account on a channel."""
    return _edit(request, channel, None)


@require_http_methods(["GET", "POST"])
@staff_page(MANAGE)
def account_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an account."""
    row = overview.account(actor_of(request), pk)
    return _edit(request, str(row.channel), row)


def _edit(request: HttpRequest, channel: str, row: ChannelAccount | None) -> HttpResponse:
    if channel not in SETTINGS:
        raise NotFound()
    actor = actor_of(request)
    form = AccountForm(actor, channel, row, request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        settings = {item.name: data.get(item.name) for item in SETTINGS[channel]}

        def run() -> int:
            return save_account(
                actor, row.pk if row else None, channel=channel, code=data["code"], name=data["name"],
                org=_unit(form, data["org"]), settings=settings, active=data["active"],
            ).pk  # fmt: skip

        try:
            once(request, actor, "channel_account.save", run)
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("渠道账号已保存"))
            return redirect("contacts:outside-accounts")
    context = {
        "form": form, "row": row, "channel": channel, "channel_label": Channel(channel).label, "tab": "accounts",
        "trial": TrialForm(), "hook": _hook(request, row) if row else "",
    }  # fmt: skip
    return render(request, "contacts/outside/account.html", context, status=422 if form.errors else 200)


def _unit(form: AccountForm, pk: int) -> OrgUnit:
    return form.units[pk]


@require_POST
@staff_page(MANAGE)
def account_probe(request: HttpRequest, pk: int) -> HttpResponse:
    """Look now whether the provider answers."""
    actor = actor_of(request)
    row = overview.account(actor, pk)
    actor.require(MANAGE, row.org.path)
    found = look_at(row)
    if found.ok:
        messages.success(request, _("“%(name)s”连接正常") % {"name": row.name})
    else:
        messages.error(request, _("“%(name)s”连接失败：%(detail)s") % {"name": row.name, "detail": found.detail})
    return redirect("contacts:outside-accounts")


@require_POST
@staff_page(MANAGE)
def account_menu(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the menu of an official account in force."""
    try:
        count = publish_menu(actor_of(request), pk)
    except ActionError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("菜单已发布，共 %(count)s 项") % {"count": count})
    return redirect("contacts:outside-accounts")


@require_POST
@staff_page(MANAGE)
def account_trial(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a trial message to an address that is typed in."""
    actor = actor_of(request)
    row = overview.account(actor, pk)
    if row.channel not in SETTINGS:
        raise NotFound()
    trial = TrialForm(request.POST)
    if not trial.is_valid():
        form = AccountForm(actor, str(row.channel), row)
        context = {
            "form": form, "row": row, "channel": str(row.channel), "channel_label": Channel(row.channel).label,
            "trial": trial, "tab": "accounts", "hook": _hook(request, row),
        }  # fmt: skip
        return render(request, "contacts/outside/account.html", context, status=422)
    data = trial.cleaned_data

    def run() -> int:
        body = {"kind": "text", "text": data["text"], "subject": _("测试消息")}
        return queue_outbound(actor, via=row, address=data["address"].strip(), body=body).pk

    once(request, actor, "outbound.trial", run)
    messages.success(request, _("测试消息已进入发送队列，结果见“外发消息”"))
    return redirect("contacts:outside-outbound")


@require_GET
@staff_page(VIEW)
def outbound_page(request: HttpRequest) -> HttpResponseBase:
    """What goes out."""
    actor = actor_of(request)
    table = OutboundTable(request, overview.outbound(actor), actor=actor)
    context = {"tab": "outbound", "wide": True}
    return t.table_response(request, table, "contacts/outside/outbound.html", context)


@require_POST
@staff_page(MANAGE)
def outbound_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Take up a message that was given up."""
    try:
        retry_outbound(actor_of(request), pk)
    except ActionError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("已重新进入发送队列"))
    return redirect("contacts:outside-outbound")


@require_GET
@staff_page(VIEW)
def identities_page(request: HttpRequest) -> HttpResponseBase:
    """Who is known on the channels, and whose account is bound."""
    actor = actor_of(request)
    table = IdentityTable(request, overview.identities(actor), actor=actor)
    bound = ChannelIdentity.objects.visible_to(actor, VIEW).filter(account__isnull=False).count()
    context = {"tab": "identities", "wide": True, "bound": bound}
    return t.table_response(request, table, "contacts/outside/identities.html", context)


@require_POST
@staff_page(MANAGE)
def identity_unbind(request: HttpRequest, pk: int) -> HttpResponse:
    """Untie an identity from its account."""
    try:
        unbind_identity(actor_of(request), pk)
    except ActionError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("已解除绑定"))
    return redirect("contacts:outside-identities")
