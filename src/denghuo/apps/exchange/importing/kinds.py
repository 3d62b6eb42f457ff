"""What can be imported: requests, outage information, tags of customers. Each row becomes one call of an action."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.apps.contacts.choices import Channel
from denghuo.apps.customers.actions import add_tag
from denghuo.apps.customers.choices import Tag
from denghuo.apps.customers.models import Account, CustomerTag
from denghuo.apps.exchange.importing.columns import Field, code_of, moment_of
from denghuo.apps.exchange.models import SourceLink
from denghuo.apps.grid import actions as grid
from denghuo.apps.grid.choices import OutageKind
from denghuo.apps.grid.models import Feeder, Transformer
from denghuo.apps.requests import actions as requests
from denghuo.apps.requests.choices import Phenomenon, RequestType, Scope
from denghuo.apps.requests.drafts import RequestDraft
from denghuo.apps.requests.drafts import check as check_draft
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput
from denghuo.core.privacy import blind_index
from denghuo.core.scoping.models import OrgKind, OrgUnit

NAMESPACE = uuid.UUID("6f1d0f57-6a8e-5c55-9a53-9f2f6d3a7a10")
NUMBER = re.compile(r"[\w.:/#\-]{1,64}")
REQUEST, OUTAGE = "request", "outage"


class Faults(Exception):
    """What is wrong with a row: (field, message) pairs; a field "" is the row as a whole."""

    def __init__(self, found: Sequence[tuple[str, str]]) -> None:
        super().__init__(len(found))
        self.found = list(found)


@dataclass
class Context:
    """What rows of one chunk need, read with few statements."""

    actor: Actor
    source: str
    accounts: dict[bytes, Account] = field(default_factory=dict)
    units: dict[str, OrgUnit] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    feeders: dict[str, Feeder] = field(default_factory=dict)
    transformers: dict[str, Transformer] = field(default_factory=dict)


Made = bool  # True: made; False: was there already
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of import. ``check`` gives what ``run`` needs or raises Faults; ``run`` calls the action."""

    code: str
    fields: tuple[Field, ...]
    load: Callable[[Context, Sequence[Row]], None]
    check: Callable[[Context, Row], Any]
    run: Callable[[Context, Any], Made]
    permissions: frozenset[str]
    identity: Callable[[Row], str]


def client_id_of(source: str, kind: str, number: str) -> uuid.UUID:
    """The same number of the same system gives the same id, so the action behind makes nothing twice."""
    return uuid.uuid5(NAMESPACE, f"{source}\x00{kind}\x00{number}")


class _Checks:
    """Collects the faults of one row."""

    def __init__(self, row: Row) -> None:
        self.row, self.faults = row, list[tuple[str, str]]()

    def wrong(self, name: str, message: str) -> None:
        self.faults.append((name, message))

    def number(self, name: str = "number") -> str:
        value = self.row[name].strip()
        if not value:
            self.wrong(name, _("来源编号必填，重复上传时靠它识别同一条"))
        elif not NUMBER.fullmatch(value):
            self.wrong(name, _("编号最多 64 位，只能用文字、数字和 - _ . : / #"))
        return value

    def choice(self, name: str, choices: Sequence[tuple[str, Any]], *, default: str = "") -> str:
        text = self.row[name].strip()
        if not text:
            return default
        code = code_of(choices, text)
        if code is None:
            labels = _("、").join(str(label) for _code, label in choices)
            self.wrong(name, _("没有这个选项，请从中选择：%(labels)s") % {"labels": labels})
            return ""
        return code

    def moment(self, name: str) -> dt.datetime | None:
        try:
            return moment_of(self.row[name])
        except ValueError as error:
            self.wrong(name, str(error))
            return None

    def finish(self) -> None:
        if self.faults:
            raise Faults(self.faults)


# --- requests ---------------------------------------------------------------------------------------------------------

REQUEST_FIELDS = (
    Field("number", gettext_lazy("来源编号"), ("工单编号", "申请编号", "编号", "业务单号", "受理编号"), True,
          gettext_lazy("原系统中的编号；重复上传同一编号不会重复生成"), "SY-20260131-0001"),
    Field("type", gettext_lazy("业务类型"), ("类型", "业务类别", "一级分类"), True, "", "故障报修",
          tuple(RequestType.choices), True),
    Field("caller_name", gettext_lazy("联系人"), ("姓名", "客户名称", "客户姓名", "来电人"), True, "", "王小明"),
    Field("caller_phone", gettext_lazy("联系电话"), ("电话", "手机", "手机号", "联系方式", "来电号码"), True,
          gettext_lazy("单元格设为文本，避免变成科学计数"), "13900000000"),
    Field("account", gettext_lazy("户号"), ("客户编号", "用户编号", "用电户号"), False,
          gettext_lazy("有户号时可不填单位和地址"), "3300012345"),
    Field("org", gettext_lazy("供电单位"), ("单位", "县公司", "所属单位", "供电所", "单位代码"), False,
          gettext_lazy("县区公司名称或代码；没有户号时必填"), "", (), True),
    Field("address", gettext_lazy("地址"), ("用电地址", "故障地址", "联系地址"), False, gettext_lazy("没有户号时必填"), ""),
    Field("phenomenon", gettext_lazy("故障现象"), ("现象",), False, gettext_lazy("故障报修必填"), "没有电",
          tuple(Phenomenon.choices)),
    Field("scope", gettext_lazy("影响范围"), ("停电范围", "范围"), False, gettext_lazy("故障报修必填"), "只有我家",
          tuple(Scope.choices), True),
    Field("occurred_at", gettext_lazy("故障发生时间"), ("发生时间", "故障时间"), False, gettext_lazy("故障报修必填"),
          "2026-01-31 08:30"),
    Field("submitted_at", gettext_lazy("提交时间"), ("受理时间", "来电时间", "创建时间"), False,
          gettext_lazy("不填为现在；时限从此时起算"), "2026-01-31 08:35"),
    Field("description", gettext_lazy("内容"), ("描述", "受理内容", "问题描述", "诉求内容"), False,
          gettext_lazy("非故障业务必填"), "家中突然没电"),
    Field("channel", gettext_lazy("渠道"), ("来源渠道", "受理渠道"), False, gettext_lazy("不填为外部转办"), "",
          tuple(Channel.choices), True),
    Field("answer", gettext_lazy("答复内容"), ("处理结果", "答复"), False,
          gettext_lazy("咨询、表扬等可当场答复的业务：填写后直接办结"), ""),
)  # fmt: skip


def _load_requests(ctx: Context, rows: Sequence[Row]) -> None:
    _load_accounts(ctx, rows)
    if not ctx.units:
        paths = ctx.actor.paths_for("request.create")
        for unit in OrgUnit.objects.filter(kind=OrgKind.COUNTY).order_by("path"):
            if any(unit.path.startswith(path) for path in paths):
                ctx.units.setdefault(unit.code, unit)
                ctx.units.setdefault(unit.name, unit)
    _load_known(ctx, REQUEST, rows)


def _load_accounts(ctx: Context, rows: Sequence[Row]) -> None:
    wanted = {blind_index("account_number", row["account"]) for row in rows if row["account"]} - {None}
    found = Account.objects.filter(number_bidx__in=list(wanted), active=True).select_related("org", "customer")
    ctx.accounts = {bytes(account.number_bidx): account for account in found}


def _load_known(ctx: Context, kind: str, rows: Sequence[Row]) -> None:
    numbers = [row["number"].strip() for row in rows]
    found = SourceLink.objects.filter(source=ctx.source, kind=kind, number__in=numbers)
    ctx.known = set(found.values_list("number", flat=True))


def _account(ctx: Context, checks: _Checks, *, required: bool = False) -> Account | None:
    text = checks.row["account"].strip()
    if not text:
        if required:
            checks.wrong("account", _("此项必填，请补充"))
        return None
    index = blind_index("account_number", text)
    account = ctx.accounts.get(index) if index else None
    if account is None:
        checks.wrong("account", _("没有这个户号，请核对；也可留空并填写供电单位和地址"))
    elif not ctx.actor.can("customers.view", account.org.path):
        checks.wrong("account", _("该户号不在您可导入的单位范围内"))
    return account


@dataclass(frozen=True, slots=True)
class _Request:
    number: str
    draft: RequestDraft
    answer: str


def _check_request(ctx: Context, row: Row) -> _Request:
    checks = _Checks(row)
    number = checks.number()
    kind = checks.choice("type", RequestType.choices)
    if not row["type"].strip():
        checks.wrong("type", _("此项必填，请补充"))
    account = _account(ctx, checks)
    unit = ctx.units.get(row["org"].strip()) if row["org"].strip() else None
    if row["org"].strip() and unit is None:
        checks.wrong("org", _("没有这个县区公司，或不在您可导入的单位范围内，请填写其名称或代码"))
    draft = RequestDraft(
        type=kind, channel=checks.choice("channel", Channel.choices, default=Channel.TRANSFER), caller_name=row["caller_name"],
        caller_phone=row["caller_phone"], account_id=account.pk if account else None, org_id=unit.pk if unit else None,
        address=row["address"], phenomenon=checks.choice("phenomenon", Phenomenon.choices),
        scope=checks.choice("scope", Scope.choices), occurred_at=checks.moment("occurred_at"),
        submitted_at=checks.moment("submitted_at"), description=row["description"],
        client_id=client_id_of(ctx.source, REQUEST, number),
    )  # fmt: skip
    said = {name for name, _message in checks.faults}
    try:
        if kind:
            check_draft(draft, moment.now())
    except InvalidInput as error:
        names = {"account_id": "account", "org_id": "org"}
        for name, texts in error.fields.items():
            column = names.get(name, name)
            if column not in said:
                checks.faults += [(column, text) for text in texts]
    answer = row["answer"].strip()
    if answer and kind and kind not in policies.get("request.answerable_types"):
        checks.wrong("answer", _("这类业务不能当场答复办结，请清空此列，导入后按流程办理"))
    checks.finish()
    return _Request(number, draft, answer)


def _run_request(ctx: Context, item: _Request) -> Made:
    if item.number in ctx.known:
        return False
    made = requests.submit_request(ctx.actor, data=item.draft)
    if item.answer:
        requests.answer_request(ctx.actor, made.pk, answer=item.answer)
    link(ctx.source, REQUEST, item.number, "request", made.pk)
    return True


def link(source: str, kind: str, number: str, subject_kind: str, subject_id: int, **data: Any) -> SourceLink:
    """Remember what another system's number stands for here."""
    row, _made = SourceLink.objects.get_or_create(
        source=source, kind=kind, number=number,
        defaults={"subject_kind": subject_kind, "subject_id": subject_id, "data": data, "at": moment.now()},
    )  # fmt: skip
    return row


# --- outage information -----------------------------------------------------------------------------------------------

OUTAGE_FIELDS = (
    Field("number", gettext_lazy("来源编号"), ("停电编号", "计划编号", "停电信息编号", "编号"), True,
          gettext_lazy("原系统中的编号；重复上传同一编号不会重复生成"), "TD-2026-0001"),
    Field("kind", gettext_lazy("停电类型"), ("类型", "停电类别"), True, "", "计划停电", tuple(OutageKind.choices), True),
    Field("feeder", gettext_lazy("馈线编码"), ("线路编码", "线路", "馈线"), False,
          gettext_lazy("只填馈线表示全线停电"), "F-0001"),
    Field("transformers", gettext_lazy("台区编码"), ("台区", "变压器编码", "停电台区"), False,
          gettext_lazy("多个用顿号或逗号分隔"), "T-0001、T-0002"),
    Field("started_at", gettext_lazy("停电开始"), ("停电时间", "计划停电时间", "开始时间"), True, "", "2026-02-10 08:00"),
    Field("expected_at", gettext_lazy("预计恢复"), ("送电时间", "计划送电时间", "预计送电时间", "结束时间"), False, "",
          "2026-02-10 17:00"),
    Field("cause", gettext_lazy("停电原因"), ("原因", "停电事由"), False, "", "线路检修"),
)  # fmt: skip
_SPLIT = re.compile(r"[,，、;；\s]+")


def _codes(text: str) -> list[str]:
    return [part for part in _SPLIT.split(text.strip()) if part]


def _load_outages(ctx: Context, rows: Sequence[Row]) -> None:
    lines = {row["feeder"].strip() for row in rows} - {""}
    ctx.feeders = {row.code: row for row in Feeder.objects.filter(code__in=lines).select_related("org")}
    codes = {code for row in rows for code in _codes(row["transformers"])}
    ctx.transformers = {row.code: row for row in Transformer.objects.filter(code__in=codes).select_related("org")}
    _load_known(ctx, OUTAGE, rows)


@dataclass(frozen=True, slots=True)
class _Outage:
    number: str
    data: dict[str, Any]


def _check_outage(ctx: Context, row: Row) -> _Outage:
    checks = _Checks(row)
    number = checks.number()
    kind = checks.choice("kind", OutageKind.choices)
    if not row["kind"].strip():
        checks.wrong("kind", _("此项必填，请补充"))
    feeder = ctx.feeders.get(row["feeder"].strip())
    if row["feeder"].strip() and feeder is None:
        checks.wrong("feeder", _("没有这条馈线，请核对编码"))
    codes = _codes(row["transformers"])
    missing = [code for code in codes if code not in ctx.transformers]
    if missing:
        some = _("、").join(code[:32] for code in missing[:5])
        checks.wrong("transformers", _("没有台区 %(some)s，请核对编码") % {"some": some})
    if not codes and feeder is None and not row["feeder"].strip():
        checks.wrong("transformers", _("请填写馈线编码或台区编码"))
    places = [ctx.transformers[code] for code in codes if code in ctx.transformers] + ([feeder] if feeder else [])
    if any(not ctx.actor.can("outage.manage", place.org.path) for place in places):
        checks.wrong("transformers" if codes else "feeder", _("设备不在您可导入的单位范围内"))
    if feeder and any(ctx.transformers[c].feeder_id != feeder.pk for c in codes if c in ctx.transformers):
        checks.wrong("transformers", _("所选台区中有不属于该馈线的，请核对"))
    start, end = checks.moment("started_at"), checks.moment("expected_at")
    if not row["started_at"].strip():
        checks.wrong("started_at", _("此项必填，请补充"))
    if start and end and end <= start:
        checks.wrong("expected_at", _("预计恢复须晚于停电开始"))
    checks.finish()
    data = {
        "kind": kind, "feeder": feeder, "transformer_ids": [ctx.transformers[c].pk for c in codes], "started_at": start,
        "expected_at": end, "cause": row["cause"], "source_ref": f"{ctx.source}:{number}"[:60],
    }  # fmt: skip
    return _Outage(number, data)


def _run_outage(ctx: Context, item: _Outage) -> Made:
    if item.number in ctx.known:
        return False
    made = grid.open_outage(ctx.actor, **item.data)
    link(ctx.source, OUTAGE, item.number, "outage", made.pk)
    return True


# --- tags of customers ------------------------------------------------------------------------------------------------

TAG_FIELDS = (
    Field("account", gettext_lazy("户号"), ("客户编号", "用户编号", "用电户号"), True, "", "3300012345"),
    Field("tag", gettext_lazy("标签"), ("客户标签", "标识", "分类"), True, "", "独居老人", tuple(Tag.choices), True),
)


@dataclass(frozen=True, slots=True)
class _Tag:
    customer_id: int
    tag: str


def _check_tag(ctx: Context, row: Row) -> _Tag:
    checks = _Checks(row)
    account = _account(ctx, checks, required=True)
    tag = checks.choice("tag", Tag.choices)
    if not row["tag"].strip():
        checks.wrong("tag", _("此项必填，请补充"))
    checks.finish()
    assert account is not None
    return _Tag(account.customer_id, tag)


def _run_tag(ctx: Context, item: _Tag) -> Made:
    if CustomerTag.objects.filter(customer_id=item.customer_id, tag=item.tag).exists():
        return False
    add_tag(ctx.actor, item.customer_id, item.tag)
    return True


IMPORTS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind(
            "requests", REQUEST_FIELDS, _load_requests, _check_request, _run_request,
            frozenset({"request.create", "request.accept", "customers.view"}), lambda row: row["number"].strip(),
        ),
        Kind(
            "outages", OUTAGE_FIELDS, _load_outages, _check_outage, _run_outage,
            frozenset({"outage.manage", "grid.view"}), lambda row: row["number"].strip(),
        ),
        Kind(
            "tags", TAG_FIELDS, _load_accounts, _check_tag, _run_tag,
            frozenset({"request.note", "customers.view"}), lambda row: f"{row['account'].strip()}|{row['tag'].strip()}",
        ),
    )
}  # fmt: skip
