"""Service functions around requests: reporting, progress, outages, applying, appointments; for any channel."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.apps.channels.registry import Answer, Call, Card, Field, register_function
from denghuo.apps.contacts.actions import PUBLIC_CHANNELS
from denghuo.apps.contacts.choices import Channel
from denghuo.apps.customers import queries as customers
from denghuo.apps.customers.service_functions import PROVING, account_of
from denghuo.apps.grid.choices import OutageState, PublicChannel
from denghuo.apps.grid.models import Outage
from denghuo.apps.grid.pages_hall import matches
from denghuo.apps.grid.queries import coming_outages, outage_explaining, public_outages
from denghuo.apps.requests import choices as c
from denghuo.apps.requests.actions import RequestDraft, submit_request
from denghuo.apps.requests.applications import actions, queries
from denghuo.apps.requests.applications.catalogue import businesses
from denghuo.apps.requests.applications.choices import HalfDay, Place, StepState
from denghuo.apps.requests.queries import find_progress, progress_view
from denghuo.core import moment
from denghuo.core.actions.run import undivided
from denghuo.core.scoping.models import OrgKind, OrgUnit

OUTAGES_TOLD = 3
NAME = Field("caller_name", gettext_lazy("您的姓名"), max_length=20)
PHONE = Field("caller_phone", gettext_lazy("联系电话"), "phone")
WHERE = Field("place", gettext_lazy("地点"), "place", required=False)
COUNTY = Field("county", gettext_lazy("所在区县"), required=False, max_length=20)


def _shown(at: dt.datetime | None) -> str:
    return f"{timezone.localtime(at):%m-%d %H:%M}" if at else _("正在查明")


def _channel(call: Call) -> str:
    """The channel of the request: calls on a channel that staff write for go down as a form of the hall."""
    return call.channel if call.actor.kind != "customer" or call.channel in PUBLIC_CHANNELS else Channel.WEB_FORM


def _county(call: Call) -> OrgUnit | None:
    """The county named in the call, or the unit the call is about when that is one."""
    name = str(call.inputs.get("county", "")).strip()
    if name:
        rows = OrgUnit.objects.filter(kind=OrgKind.COUNTY)
        found = [one for one in rows if name in one.name or name.casefold() in one.name_en.casefold()]
        return found[0] if len(found) == 1 else None
    return call.org if call.org is not None and call.org.kind == OrgKind.COUNTY else None


def _address(call: Call) -> dict[str, Any]:
    place = call.inputs.get("place") or {}
    return {"address": place.get("address", ""), "lon": place.get("lon"), "lat": place.get("lat")}


def fault_report(call: Call) -> Answer:
    """Make a fault report; gives the number and the progress page."""
    account = customers.account_by_id(call.account_id) if call.account_id else None
    county = None if account else _county(call)
    if account is None and county is None:
        return Answer(_("请说明所在区县，例如“映霁区”"), state="needs_input", missing=("county",))
    if account is None and not _address(call)["address"]:
        return Answer(_("请说明详细地址或附近标志"), state="needs_input", missing=("place",))
    made = submit_request(
        call.actor,
        data=RequestDraft(
            type=c.RequestType.FAULT_REPORT,
            channel=_channel(call),
            caller_name=call.inputs["caller_name"],
            caller_phone=call.inputs["caller_phone"],
            account_id=account.pk if account else None,
            org_id=county.pk if county else None,
            phenomenon=call.inputs["phenomenon"],
            scope=call.inputs.get("scope") or c.Scope.UNKNOWN,
            occurred_at=moment.now(),
            description=call.inputs.get("description", ""),
            **_address(call),
        ),
    )
    return _made(made, _("已收到您的报修，编号 %(number)s。"))


def _made(request: Any, text: str) -> Answer:
    return Answer(
        text % {"number": request.number},
        url=reverse("requests:progress", args=[request.public_token]),
        reference=request.number,
        request_id=request.pk,
    )


def progress_query(call: Call) -> Answer:
    """Where a request stands, by its number and the phone it was made from."""
    token = find_progress(call.actor, number=call.inputs["number"], phone=call.inputs["phone"])
    view = progress_view(token) if token else None
    if token is None or view is None:
        return Answer(
            _("没有找到编号和电话都相符的诉求，请核对后再试"), state="needs_input", missing=("number", "phone")
        )
    lines = tuple((step["label"], _shown(step["at"])) for step in view["steps"] if step["at"])
    text = _("%(number)s：%(type)s，%(state)s") % {
        "number": view["number"], "type": view["type_label"], "state": view["state_label"],
    }  # fmt: skip
    if view["promised_at"]:
        text += "；" + _("承诺不晚于 %(at)s") % {"at": _shown(view["promised_at"])}
    return Answer(
        text, (Card(view["number"], lines),), url=reverse("requests:progress", args=[token]), reference=view["number"]
    )


def connection_progress(call: Call) -> Answer:
    """How far an application is, step by step, by its number and phone."""
    token = find_progress(call.actor, number=call.inputs["number"], phone=call.inputs["phone"])
    found = queries.request_by_token(token) if token else None
    application = queries.application_of(found.pk) if found else None
    if token is None or application is None:
        return Answer(
            _("没有找到编号和电话都相符的业务申请，请核对后再试"), state="needs_input", missing=("number", "phone")
        )
    progress = queries.progress_of(application)
    lines = tuple(
        (
            step.get_code_display(),
            _shown(step.done_at) if step.done_at else _("不晚于 %(at)s") % {"at": _shown(step.due_at)},
        )
        for step in progress.steps
        if step.state != StepState.SKIPPED
    )
    if progress.open:
        text = _("%(name)s：正在“%(step)s”，承诺 %(at)s 前办结") % {
            "name": progress.business.name, "step": application.get_step_display(), "at": _shown(application.due_at),
        }  # fmt: skip
        if progress.missing:
            text += "；" + _("还缺 %(n)s 样必须的材料") % {"n": progress.missing}
    else:
        text = _("%(name)s：已办结") % {"name": progress.business.name}
    number = application.request.number
    return Answer(text, (Card(number, lines),), url=reverse("requests:progress", args=[token]), reference=number)


def outage_query(call: Call) -> Answer:
    """Whether one's own supply is out or will be; or what is known about a place."""
    if call.account_id is not None or (call.inputs.get("account_number") and call.inputs.get("proof")):
        account = account_of(call)
        return account if isinstance(account, Answer) else _own_outage(account.transformer_id, account.pk)
    words = str(call.inputs.get("words", "")).strip()
    found = public_outages(call.org, PublicChannel.BOT)
    if words:
        found = [one for one in found if matches(one, words)]
    lasting = [one for one in found if one.state != OutageState.RESTORED]
    url = reverse("grid:hall-outages")
    if not lasting:
        return Answer(_("没有查到停电信息。如果家里没有电，请先看看开关是否跳闸，也可以报修"), url=url)
    text = _("查到 %(n)s 处停电") % {"n": len(lasting)}
    return Answer(text, tuple(_outage_card(one) for one in lasting[:OUTAGES_TOLD]), url=url)


def _own_outage(transformer_id: int | None, account_id: int) -> Answer:
    now, coming = outage_explaining(transformer_id, moment.now(), account_id), coming_outages(transformer_id)
    url = reverse("grid:hall-outages")
    cards = tuple(_outage_card(one) for one in ([now] if now else []) + coming[:OUTAGES_TOLD])
    if now is not None and now.of_accounts:
        text = _("您的用电户因“%(kind)s”已停止供电，办结后即为您恢复") % {"kind": now.get_kind_display()}
        return Answer(text, cards, url=url)
    if now is not None:
        return Answer(_("您家所在台区正在停电，预计 %(at)s 恢复") % {"at": _shown(now.expected_at)}, cards, url=url)
    text = _("您家所在台区没有停电")
    if coming:
        text += "；" + _("有 %(n)s 次计划停电") % {"n": len(coming)}
    return Answer(text, cards, url=url)


def _outage_card(outage: Outage) -> Card:
    lines = [
        (_("状态"), outage.get_state_display()),
        (_("开始"), _shown(outage.started_at)),
        (_("预计恢复"), _shown(outage.expected_at)),
        (_("影响户数"), str(outage.customers_out)),
    ]
    if outage.cause:
        lines.append((_("原因"), outage.cause))
    return Card(f"{outage.org.label} · {outage.get_kind_display()}", tuple(lines))


def connection_apply(call: Call) -> Answer:
    """What one business needs, by when, and where to apply; without a business the whole list."""
    code = call.inputs.get("business", "")
    chosen = next((one for one in businesses() if one.code == code), None)
    if chosen is None:
        names = _("、").join(one.name for one in businesses())
        return Answer(_("可以办理：%(names)s") % {"names": names}, url=reverse("requests:apply"))
    required = _("、").join(one.name for one in chosen.materials if one.required) or _("无")
    later = _("、").join(one.name for one in chosen.materials if not one.required) or _("无")
    days = _("%(n)s 个工作日") % {"n": f"{chosen.days(call.org):g}"}
    lines = ((_("办理时限"), days), (_("必须的材料"), required), (_("可后补的材料"), later), (_("依据"), chosen.clause))
    text = _("%(name)s：%(days)s办结，请打开链接填写申请") % {"name": chosen.name, "days": days}
    return Answer(text, (Card(chosen.name, lines),), url=reverse("requests:apply-form", args=[chosen.code]))


def appointment(call: Call) -> Answer:
    """Keep a half-day at a county's counter or for a visit."""
    county = _county(call)
    if county is None:
        return Answer(_("请说明所在区县，例如“映霁区”"), state="needs_input", missing=("county",))
    place, where = call.inputs.get("where") or Place.COUNTER, _address(call)["address"]
    if place == Place.HOME and not where:
        return Answer(_("上门服务请提供详细地址"), state="needs_input", missing=("place",))
    with undivided():
        made = submit_request(
            call.actor,
            data=RequestDraft(
                type=c.RequestType.SERVICE_REQUEST,
                channel=_channel(call),
                caller_name=call.inputs["caller_name"],
                caller_phone=call.inputs["caller_phone"],
                org_id=county.pk,
                address=where or _("营业厅办理"),
                description=_("预约办理：%(matter)s") % {"matter": call.inputs["matter"]},
            ),
        )
        actions.book(
            call.actor, made.pk, day=call.inputs["day"], half=call.inputs["half"], place=place, token=made.public_token
        )
    day, half = f"{call.inputs['day']:%Y-%m-%d}", str(HalfDay(call.inputs["half"]).label)
    return _made(made, _("已预约 %(day)s %(half)s，编号 %%(number)s") % {"day": day, "half": half})


FINDING = (
    Field("number", gettext_lazy("诉求编号"), max_length=24),
    Field("phone", gettext_lazy("联系电话"), "phone"),
)
register_function(
    "fault_report",
    name=gettext_lazy("故障报修"),
    summary=gettext_lazy("没电、电压不稳、电线断落"),
    group="report",
    icon="bolt-off",
    url_name="requests:report",
    fields=(
        NAME, PHONE, Field("phenomenon", gettext_lazy("故障现象"), "choice", choices=tuple(c.Phenomenon.choices)),
        Field("scope", gettext_lazy("影响范围"), "choice", required=False, choices=tuple(c.Scope.choices)),
        COUNTY, WHERE, Field("description", gettext_lazy("补充说明"), "longtext", required=False, max_length=500),
    ),
    handler=fault_report,
    order=5,
)  # fmt: skip
register_function(
    "progress_query",
    name=gettext_lazy("查询进度"),
    summary=gettext_lazy("用编号和电话查看处理到哪一步"),
    group="query",
    icon="search",
    url_name="requests:find",
    fields=FINDING,
    handler=progress_query,
    order=15,
)
register_function(
    "outage_query",
    name=gettext_lazy("停电地图"),
    summary=gettext_lazy("正在停电、计划停电和预计恢复时间"),
    group="query",
    icon="map",
    url_name="grid:hall-outages",
    fields=(Field("words", gettext_lazy("小区、线路或台区"), required=False, max_length=40), *PROVING),
    handler=outage_query,
    order=12,
)
register_function(
    "connection_apply",
    name=gettext_lazy("业务办理"),
    summary=gettext_lazy("新装增容、更名过户、充电桩、光伏、峰谷电价"),
    group="apply",
    icon="checklist",
    url_name="requests:apply",
    fields=(
        Field(
            "business", gettext_lazy("业务"), "choice", required=False,
            choices=tuple((one.code, one.lazy_name) for one in businesses(at=dt.date(2025, 1, 1))),
        ),
    ),
    handler=connection_apply,
    order=40,
)  # fmt: skip
register_function(
    "connection_progress",
    name=gettext_lazy("办理进度"),
    summary=gettext_lazy("业务申请到哪一步、何时办完"),
    group="apply",
    icon="progress-check",
    url_name="requests:find",
    fields=FINDING,
    handler=connection_progress,
    order=45,
)
register_function(
    "appointment",
    name=gettext_lazy("预约办理"),
    summary=gettext_lazy("约好时间到营业厅，或请客户经理上门"),
    group="service",
    icon="calendar-event",
    url_name="requests:booking",
    fields=(
        Field("matter", gettext_lazy("要办什么"), max_length=200), COUNTY, Field("day", gettext_lazy("日期"), "date"),
        Field("half", gettext_lazy("时段"), "choice", choices=tuple(HalfDay.choices)),
        Field("where", gettext_lazy("方式"), "choice", required=False, choices=tuple(Place.choices)),
        WHERE, NAME, PHONE,
    ),
    handler=appointment,
    order=50,
)  # fmt: skip
register_function(
    "consult",
    name=gettext_lazy("咨询与意见"),
    summary=gettext_lazy("咨询、服务申请、投诉、建议、表扬"),
    group="service",
    icon="message",
    url_name="requests:matter",
    order=60,
)
