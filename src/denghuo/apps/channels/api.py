"""REST endpoints of channels and service functions."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, P, PathEx, Router, Schema
from pydantic import AwareDatetime

from denghuo.apps.accounts.auth import PublicAuth, StaffAuth
from denghuo.apps.channels import actions, board, queries, texts
from denghuo.apps.channels.choices import Channel
from denghuo.apps.channels.places import VIEW
from denghuo.apps.channels.registry import Answer, resolve_account
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotAllowed, NotFound
from denghuo.core.http.api import BIGGEST_KEY, actor_of, write
from denghuo.core.http.limits import buckets
from denghuo.core.scoping.models import OrgUnit

ANYONE: list[Any] = [StaffAuth(), PublicAuth()]
Code = PathEx[str, P(min_length=1, max_length=40, pattern=r"^[a-z0-9_]+$")]

router = Router(tags=["channels"], auth=StaffAuth())


class FunctionFieldOut(Schema):
    name: str
    label: str
    type: str
    required: bool
    help: str
    max_length: int
    choices: list[tuple[str, str]]


class ChannelFunctionOut(Schema):
    code: str
    title: str
    summary: str
    guidance: str
    group: str
    icon: str
    mode: str
    url: str
    paused: bool
    announcement: str
    audience: list[str]
    needs_account: bool
    runnable: bool
    fields: list[FunctionFieldOut]


class ChannelMenuOut(Schema):
    channel: str
    open: bool
    announcement: str
    functions: list[ChannelFunctionOut]


class FunctionRunIn(Schema, extra="forbid"):
    channel: str = Field("web_form", max_length=16, examples=["web_form"])
    org_id: int | None = Field(None, ge=1, le=BIGGEST_KEY, description="客户所在单位；不知道可不填")
    inputs: dict[str, Any] = Field({}, examples=[{"month": "2026-01"}])
    account_ref: str = Field("", max_length=400, description="由 /hall/find-account 得到")
    account_id: int | None = Field(None, ge=1, le=BIGGEST_KEY, description="仅坐席可用")
    contact_id: int | None = Field(None, ge=1, le=BIGGEST_KEY, description="仅坐席可用")


class AnswerCardOut(Schema):
    title: str
    lines: list[tuple[str, str]]
    url: str


class FunctionAnswerOut(Schema):
    state: str = Field(examples=["done", "handed_over", "needs_input", "closed"])
    text: str
    cards: list[AnswerCardOut]
    url: str
    reference: str
    missing: list[str]
    plain: str = Field(description="同一答复的纯文字形式，供微信、短信使用")


class UseFiguresOut(Schema):
    uses: int
    running: int
    done: int
    handed_over: int
    abandoned: int
    failed: int
    completion: float | None
    hand_over: float | None
    median: float | None


class ChannelHealthOut(Schema):
    state: str
    at: dt.datetime | None
    latency_ms: float | None
    failures: int
    share: float | None


class ChannelNowOut(Schema):
    channel: str
    label: str
    is_open: bool
    announcement: str
    closed_until: dt.datetime | None
    contacts: int
    waiting: int
    in_service: int
    abandoned: int
    functions: int
    paused: int
    figures: UseFiguresOut
    health: ChannelHealthOut
    volume: list[int] = Field(description="今日 48 个半小时的进线量")


class ChannelPlaceIn(Schema, extra="forbid"):
    org_id: int | None = Field(None, ge=1, le=BIGGEST_KEY, description="适用单位；不填为全部单位")


class ChannelAnnouncementIn(ChannelPlaceIn):
    announcement: str = Field(max_length=2000)
    announcement_en: str = Field("", max_length=2000)
    until: AwareDatetime | None = None


class ChannelCloseIn(ChannelAnnouncementIn):
    reason: str = Field("", max_length=2000)


class FunctionPublishIn(ChannelPlaceIn):
    channel: str = Field(max_length=16, examples=["wechat"])
    mode: str | None = Field(None, max_length=16, examples=["self_service"])
    position: int | None = Field(None, ge=0, le=32_767)
    valid_from: AwareDatetime | None = None
    valid_to: AwareDatetime | None = None


class FunctionOffIn(ChannelAnnouncementIn):
    channel: str | None = Field(None, max_length=16, description="不填为所有渠道")


class FunctionOnIn(ChannelPlaceIn):
    channel: str | None = Field(None, max_length=16, description="不填为所有渠道")


@router.get("/functions", response=ChannelMenuOut, auth=ANYONE, summary="渠道上的服务功能")
def get_functions(
    request: HttpRequest, channel: str = "web_form", org_id: int | None = None, audience: str | None = None
) -> Any:
    """What customers find on a channel, in order, in the language of the caller."""
    if channel not in Channel.values:
        raise NotFound(_("没有这个渠道：%(code)s") % {"code": channel[:40]})
    unit = _unit(org_id)
    is_open, told = queries.channel_open(channel, unit)
    listed = [_function_out(item) for item in queries.published(channel, unit, audience)]
    return {"channel": channel, "open": is_open, "announcement": told, "functions": listed}


@router.post("/functions/{code}/run", response=FunctionAnswerOut, auth=ANYONE, summary="办理一项服务功能")
def post_run(request: HttpRequest, code: Code, body: FunctionRunIn) -> Any:
    """Run a function and give the answer of the channel. The public proves an account with ``account_ref``."""
    actor = actor_of(request)
    if actor.kind == "customer":
        allowed = policies.get("channel.run_per_minute")
        buckets.take("channels.run", actor.ip or "", allowed=allowed, seconds=60)
    account_id = _account(actor, body)
    return write(
        request, actor, f"function.run:{code}", body,
        lambda: _answer_out(
            actions.run_function(
                actor, channel=body.channel, code=code, org=_unit(body.org_id), inputs=body.inputs,
                account_id=account_id, contact_id=body.contact_id if actor.kind != "customer" else None,
            )
        ),
    )  # fmt: skip


@router.get("/channels", response=list[ChannelNowOut], summary="渠道实时状况")
def get_channels(request: HttpRequest, org_id: int | None = None) -> Any:
    """Every channel now: open or closed, today's volume, completion, hand-over, waiting, health."""
    actor, unit = actor_of(request), _unit(org_id)
    if not (actor.can(VIEW, unit.path) if unit else actor.can_somewhere(VIEW)):
        raise NotAllowed(_("您的角色不能查看渠道运行情况"))
    return [
        {
            "label": queries.channel_label(item.channel),
            "figures": {name: getattr(item.figures, name) for name in UseFiguresOut.model_fields},
            "health": {name: getattr(item.health, name) for name in ChannelHealthOut.model_fields},
            "volume": list(item.volume),
        }
        | {
            name: getattr(item, name)
            for name in ChannelNowOut.model_fields
            if name not in ("label", "figures", "health", "volume")
        }
        for item in board.overview(actor, unit)
    ]


@router.post("/channels/{code}/close", response=dict[str, Any], summary="关闭渠道")
def post_close(request: HttpRequest, code: Code, body: ChannelCloseIn) -> Any:
    """Take no new customers and show the announcement."""
    actor = actor_of(request)
    data = body.dict(exclude={"org_id"})
    return write(
        request, actor, f"channel.close:{code}", body,
        lambda: _status_out(actions.close_channel(actor, channel=code, org=_unit(body.org_id), **data)),
    )  # fmt: skip


@router.post("/channels/{code}/open", response=dict[str, Any], summary="恢复渠道")
def post_open(request: HttpRequest, code: Code, body: ChannelPlaceIn) -> Any:
    """Take customers again."""
    actor = actor_of(request)
    return write(
        request, actor, f"channel.open:{code}", body,
        lambda: _status_out(actions.open_channel(actor, channel=code, org=_unit(body.org_id))),
    )  # fmt: skip


@router.post("/functions/{code}/publish", response=dict[str, Any], summary="发布功能到渠道")
def post_publish(request: HttpRequest, code: Code, body: FunctionPublishIn) -> Any:
    """Offer a function on a channel, or change its mode, place or period there."""
    actor = actor_of(request)
    data = body.dict(exclude={"org_id"})

    def act() -> dict[str, Any]:
        row = actions.publish(actor, code=code, org=_unit(body.org_id), **data)
        return {"function": code, "channel": row.channel, "state": str(row.state), "mode": str(row.mode)}

    return write(request, actor, f"function.publish:{code}", body, act)


@router.post("/functions/{code}/off", response=dict[str, Any], summary="停用功能")
def post_off(request: HttpRequest, code: Code, body: FunctionOffIn) -> Any:
    """Pause a function with an announcement, on one channel or on all."""
    actor = actor_of(request)
    data = body.dict(exclude={"org_id"})

    def act() -> dict[str, Any]:
        rows = actions.switch_function_off(actor, code=code, org=_unit(body.org_id), **data)
        return {"function": code, "channels": [row.channel for row in rows]}

    return write(request, actor, f"function.off:{code}", body, act)


@router.post("/functions/{code}/on", response=dict[str, Any], summary="恢复功能")
def post_on(request: HttpRequest, code: Code, body: FunctionOnIn) -> Any:
    """End a pause, on one channel or on all."""
    actor = actor_of(request)

    def act() -> dict[str, Any]:
        rows = actions.switch_function_on(actor, code=code, org=_unit(body.org_id), channel=body.channel)
        return {"function": code, "channels": [row.channel for row in rows]}

    return write(request, actor, f"function.on:{code}", body, act)


def _unit(org_id: int | None) -> OrgUnit | None:
    if org_id is None:
        return None
    unit = OrgUnit.objects.filter(pk=org_id).first() if 0 < org_id <= BIGGEST_KEY else None
    if unit is None:
        raise InvalidInput({"org_id": _("没有这个单位，请核对编号")})
    return unit


def _account(actor: Actor, body: FunctionRunIn) -> int | None:
    """The account the caller may use: by proof for the public, by key for staff who see customers."""
    if body.account_ref:
        found = resolve_account(body.account_ref)
        if found is None:
            raise InvalidInput({"account_ref": _("户号核对已过期，请重新核对户号和电话")})
        return found
    if body.account_id is None:
        return None
    if actor.kind == "customer":
        raise InvalidInput({"account_id": _("请先核对户号，再用得到的 account_ref 办理")})
    if not actor.can_somewhere("customers.view"):
        raise NotAllowed(_("您的角色不能替客户办理，请联系安全管理员"))
    return body.account_id


def _function_out(item: queries.PublishedFunction) -> dict[str, Any]:
    plain = {
        name: getattr(item, name) for name in ChannelFunctionOut.model_fields if name not in ("fields", "audience")
    }
    fields = [
        {
            "name": field.name, "label": str(field.label), "type": str(field.type), "required": field.required,
            "help": str(field.help), "max_length": field.max_length,
            "choices": [(code, str(label)) for code, label in field.choices],
        }
        for field in item.fields
    ]  # fmt: skip
    return plain | {"fields": fields, "audience": list(item.audience)}


def _answer_out(answer: Answer) -> dict[str, Any]:
    return {
        "state": str(answer.state),
        "text": str(answer.text),
        "cards": [
            {"title": str(card.title), "lines": [(str(a), str(b)) for a, b in card.lines], "url": card.url}
            for card in answer.cards
        ],
        "url": answer.url,
        "reference": answer.reference,
        "missing": list(answer.missing),
        "plain": texts.answer_text(answer),
    }


def _status_out(row: Any) -> dict[str, Any]:
    until = row.closed_until.isoformat() if row.closed_until else None
    return {"channel": row.channel, "state": str(row.state), "until": until, "announcement": row.announcement}
