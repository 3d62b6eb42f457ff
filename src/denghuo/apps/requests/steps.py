"""The states of a request and what can be done in each: the one table that refusals, pages and tests read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from denghuo.apps.requests.choices import RequestState as S
from denghuo.apps.requests.choices import RequestType

VERBS: Final[Mapping[str, str | Promise]] = {
    "accept": _("受理"),
    "reclassify": _("调整分类"),
    "merge": _("合并"),
    "unmerge": _("取消合并"),
    "link_outage": _("关联停电"),
    "dispatch": _("派单"),
    "progress": _("记录进展"),
    "withdraw": _("撤回派单"),
    "arrive": _("登记到达"),
    "return": _("回单"),
    "assign": _("转派处理"),
    "contact": _("登记联系客户"),
    "reply": _("回复处理结果"),
    "answer": _("当场答复"),
    "review": _("审核"),
    "call_back": _("回访"),
    "archive": _("归档"),
    "cancel": _("撤销"),
    "urge": _("催办"),
}

# verb → states in which it is possible
POSSIBLE: Final[Mapping[str, frozenset[str]]] = {
    "accept": frozenset({S.SUBMITTED}),
    "reclassify": frozenset({S.ACCEPTED, S.DISPATCHED, S.HANDLING, S.RETURNED, S.REWORK}),
    "merge": frozenset({S.SUBMITTED, S.ACCEPTED}),
    "unmerge": frozenset({S.MERGED}),
    "link_outage": frozenset({S.SUBMITTED, S.ACCEPTED, S.DISPATCHED, S.HANDLING, S.RETURNED, S.REWORK}),
    "dispatch": frozenset({S.ACCEPTED, S.REWORK}),
    "progress": frozenset({S.DISPATCHED}),
    "withdraw": frozenset({S.DISPATCHED}),
    "arrive": frozenset({S.DISPATCHED}),
    "return": frozenset({S.DISPATCHED}),
    "assign": frozenset({S.ACCEPTED, S.HANDLING, S.REWORK}),
    "contact": frozenset({S.ACCEPTED, S.HANDLING, S.DISPATCHED, S.REWORK}),
    "reply": frozenset({S.HANDLING}),
    "answer": frozenset({S.SUBMITTED, S.ACCEPTED}),
    "review": frozenset({S.RETURNED}),
    "call_back": frozenset({S.CALLBACK}),
    "archive": frozenset({S.CALLBACK, S.REWORK}),
    "cancel": frozenset({S.SUBMITTED, S.ACCEPTED, S.DISPATCHED, S.HANDLING, S.MERGED}),
    "urge": frozenset({S.SUBMITTED, S.ACCEPTED, S.DISPATCHED, S.HANDLING, S.RETURNED, S.REWORK, S.MERGED}),
}

FINAL: Final = frozenset({S.ARCHIVED, S.CANCELLED})
# A master in one of these can take another caller's request under it.
MASTER_STATES: Final = frozenset({S.SUBMITTED, S.ACCEPTED, S.DISPATCHED, S.RETURNED})
FAULT_ONLY: Final = frozenset({"merge", "unmerge"})
NOT_FAULT: Final = frozenset({"assign", "reply", "answer"})


def next_steps(state: str, request_type: str) -> tuple[str, ...]:
    """Verbs possible in ``state`` for this type of request; empty only for final states."""
    fault = request_type == RequestType.FAULT_REPORT
    barred = NOT_FAULT if fault else FAULT_ONLY
    return tuple(verb for verb, states in POSSIBLE.items() if state in states and verb not in barred)


def refusal(state: str, request_type: str, verb: str) -> str:
    """Why ``verb`` is refused, and what is possible instead."""
    from django.utils.translation import gettext

    possible = gettext("、").join(str(VERBS[step]) for step in next_steps(state, request_type))
    words = {"state": S(state).label, "verb": VERBS[verb], "possible": possible}
    if not possible:
        return gettext("该诉求当前为“%(state)s”，不能%(verb)s，已无后续步骤") % words
    return gettext("该诉求当前为“%(state)s”，不能%(verb)s；现在可以：%(possible)s") % words
