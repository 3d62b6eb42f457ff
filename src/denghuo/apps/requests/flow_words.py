"""What flows may speak of: verbs with code, clocks, columns, roles. The catalogue checks documents against it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from denghuo.apps.accounts.models import Role
from denghuo.apps.catalogue.editions import SHELVES
from denghuo.apps.catalogue.flows.host import Words
from denghuo.apps.requests import limits
from denghuo.apps.requests.actions.stepping import PERMISSION
from denghuo.apps.requests.choices import RequestState as S
from denghuo.apps.requests.choices import RequestType
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.steps import VERBS
from denghuo.core import policies
from denghuo.engine.flow.checking import Known, Verb


def _verb(code: str, *gives: str, permission: str, **more: Any) -> Verb:
    return Verb(code, frozenset(str(phase) for phase in gives), stays=not gives, permission=permission, **more)


#: What the code behind each verb does to the phase of a request. A verb that is not here may lead anywhere.
BUILTIN: Final = {
    verb.code: verb
    for verb in (
        _verb("accept", S.ACCEPTED, permission="request.accept"),
        _verb("reclassify", permission="request.classify", bare=True),
        _verb("merge", S.MERGED, permission="request.merge", bare=True, drops=True),
        _verb("unmerge", S.ACCEPTED, permission="request.merge", bare=True, starts=(limits.DISPATCH, *limits.ARRIVAL)),
        _verb("link_outage", permission="request.merge", bare=True),
        _verb("dispatch", S.DISPATCHED, permission="order.dispatch"),
        _verb("progress", permission="order.work", bare=True),
        _verb("withdraw", S.ACCEPTED, permission="order.withdraw"),
        _verb("arrive", permission="order.work", first_only=True),
        _verb("return", S.RETURNED, permission="order.work"),
        _verb("assign", S.HANDLING, permission="request.dispatch", automatic=True),
        _verb("contact", permission="request.note"),
        _verb("reply", S.RETURNED, permission="request.dispatch"),
        _verb("answer", S.ARCHIVED, permission="request.accept"),
        _verb("review", S.CALLBACK, S.ARCHIVED, S.DISPATCHED, S.HANDLING, permission="request.review", automatic=True),
        _verb("call_back", S.ARCHIVED, S.REWORK, permission="callback.call"),
        _verb("archive", S.ARCHIVED, permission="request.archive", automatic=True),
        _verb("cancel", S.CANCELLED, permission="request.cancel", bare=True, drops=True, automatic=True),
        _verb("urge", permission="request.urge", bare=True),
    )
}

#: Where a verb without code may lead from each phase: what the others stand for (an order, a call-back plan, a master,
#: a time of return) is made by code only.
DATA_LEAVES: Final[dict[str, frozenset[str]]] = {
    str(phase): frozenset(str(then) for then in leads)
    for phase, leads in {
        S.SUBMITTED: (),
        S.ACCEPTED: (S.HANDLING,),
        S.DISPATCHED: (),
        S.HANDLING: (S.ACCEPTED,),
        S.MERGED: (),
        S.RETURNED: (),
        S.REWORK: (S.HANDLING,),
        S.CALLBACK: (),
        S.ARCHIVED: (),
        S.CANCELLED: (),
    }.items()
}

#: Columns a flow may require. A related row is named by its key: asking for it must not read it.
COLUMNS: Final = (
    "caller_name", "caller_phone", "address", "account_id", "transformer_id", "outage_id", "description", "phenomenon",
    "scope", "occurred_at", "fault_class", "class_code", "urgency", "area_type", "cause", "cause_code", "result",
    "restored_at", "arrived_at", "grade", "complexity",
)  # fmt: skip

#: Whom a step can tell of, beside every holder of a role in the unit.
TARGETS: Final[dict[str, str | Promise]] = {
    "customer": _("客户"),
    "handler": _("办理人"),
    "unit": _("责任单位"),
    "supervisor": _("值班主管"),
}
#: What may stand in the text: nothing of it is personal.
PLACEHOLDERS: Final[dict[str, str | Promise]] = {
    "number": _("诉求编号"),
    "type": _("业务类型"),
    "state": _("所处环节"),
    "unit": _("责任单位"),
    "step": _("办理步骤"),
}
FIELD_TYPES: Final = frozenset({str(RequestType.FAULT_REPORT)})
FOLLOWED: Final = {str(S.MERGED): str(S.CALLBACK)}


def known() -> Known:
    """The words a document may use now: roles as they are in the database, fields of the templates in force."""
    roles = {code: frozenset(held) for code, held in Role.objects.values_list("code", "permissions")}
    anything = frozenset(S.values)
    verbs = {code: BUILTIN.get(code) or Verb(code, anything, stays=True) for code in VERBS}
    return Known(
        verbs=verbs,
        clocks=frozenset(limits.KINDS),
        fields=frozenset({*COLUMNS, *(code for code, _label in _template_fields())}),
        roles=roles,
        targets=frozenset(TARGETS),
        placeholders=frozenset(PLACEHOLDERS),
        types=frozenset(RequestType.values),
        data_permission=PERMISSION,
        data_leaves=DATA_LEAVES,
        followed=FOLLOWED,
        first_clocks=(limits.ACCEPTANCE,),
        called_back=frozenset(policies.get("callback.types")),
        field_types=FIELD_TYPES,
    )


def words() -> Words:
    """What the codes are called."""
    return Words(
        verbs=VERBS,
        clocks={code: kind.label for code, kind in limits.KINDS.items()},
        fields={**{name: label_of_column(name) for name in COLUMNS}, **dict(_template_fields())},
        phases=dict(S.choices),
        types=dict(RequestType.choices),
        targets=TARGETS,
        placeholders=PLACEHOLDERS,
    )


def label_of_column(name: str) -> str | Promise:
    """What a column of the request is called."""
    field = Request._meta.get_field(name.removesuffix("_id") if name.endswith("_id") else name)
    return _RELATED.get(name) or getattr(field, "verbose_name", name)


_RELATED: Final[dict[str, str | Promise]] = {
    "account_id": _("户号"),
    "transformer_id": _("台区"),
    "outage_id": _("停电信息"),
}


def _template_fields() -> Iterator[tuple[str, str]]:
    """Code and label of the fields that the scene templates in force ask for."""
    shelf = SHELVES.get("template")
    for row in shelf.rows() if shelf else ():
        for field in getattr(shelf.get(row.id), "fields", ()) if shelf else ():
            yield str(field.code), str(field.label)
