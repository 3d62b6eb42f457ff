"""What is asked for when a request is made, and its checks."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.contacts.choices import Channel
from denghuo.apps.requests.choices import Phenomenon, RequestType, Scope
from denghuo.core import policies
from denghuo.core.inputs import Form


@dataclass(frozen=True, slots=True)
class RequestDraft:
    """A request as told. ``account_id`` was established by the caller (a signed reference, or staff who looked it up);
    without one, ``org_id`` (county) and ``address`` say where. ``occurred_at`` is when the trouble began. ``values`` answer
    the scene template ``template_code``, or the one that fits when none is named. ``split_from_id`` is the request it was split off, whose
    conversation (``contact_id``) it shares."""

    type: str
    channel: str
    caller_name: str
    caller_phone: str
    account_id: int | None = None
    org_id: int | None = None
    address: str = ""
    phenomenon: str = ""
    scope: str = ""
    occurred_at: dt.datetime | None = None
    description: str = ""
    lon: float | None = None
    lat: float | None = None
    client_id: uuid.UUID | None = None
    contact_id: int | None = None
    submitted_at: dt.datetime | None = None
    class_code: str = ""
    template_code: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    confidential: bool = False
    anonymous: bool = False
    split_from_id: int | None = None


def check(draft: RequestDraft, now: dt.datetime) -> RequestDraft:
    """The draft in clean form. Raises InvalidInput with every fault found.

    A fault report needs name, phone, account or address with county, phenomenon, time and scope; other types need name,
    phone, place and a description. An anonymous caller leaves neither name nor phone, whatever was typed.
    """
    form = Form()
    kind = form.choice("type", draft.type, RequestType.values)
    fault = kind == RequestType.FAULT_REPORT
    tolerance = dt.timedelta(seconds=policies.get("time.future_tolerance_seconds"))
    oldest = dt.timedelta(days=policies.get("time.oldest_days"))
    submitted = form.moment("submitted_at", draft.submitted_at, tolerance=tolerance, now=now, oldest=oldest) or now
    lon, lat = form.place(draft.lon, draft.lat)
    if (draft.anonymous or draft.confidential) and kind and kind not in policies.get("private.types"):
        form.wrong("anonymous" if draft.anonymous else "confidential", _("该业务须能联系客户，不能匿名或保密受理"))
    named = not draft.anonymous
    name, phone = (draft.caller_name, draft.caller_phone) if named else ("", "")
    clean = replace(
        draft,
        type=kind,
        channel=form.choice("channel", draft.channel, Channel.values),
        caller_name=form.name("caller_name", name, longest=policies.get("request.name_length"), required=named),
        caller_phone=form.phone("caller_phone", phone, required=named),
        address=form.text("address", draft.address, longest=policies.get("request.address_length"), lines=False),
        phenomenon=form.choice("phenomenon", draft.phenomenon, Phenomenon.values, required=fault),
        scope=form.choice("scope", draft.scope, Scope.values, required=fault),
        description=form.text(
            "description", draft.description, longest=policies.get("request.text_length"), required=not fault
        ),
        occurred_at=form.moment("occurred_at", draft.occurred_at, tolerance=tolerance, now=now, oldest=oldest),
        lon=lon,
        lat=lat,
        submitted_at=submitted,
    )
    if fault and draft.occurred_at is None:
        form.wrong("occurred_at", _("请填写故障发生时间"))
    if clean.account_id is None:
        if not clean.address and "address" not in form.faults:
            form.wrong("address", _("请提供户号，或填写用电地址"))
        if clean.org_id is None:
            form.wrong("org_id", _("没有户号时请选择所属县区供电公司"))
    form.finish()
    return clean
