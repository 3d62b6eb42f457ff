"""Names of the verbs with code behind them, and sets of states. What is possible where is the flow's (``flowing``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from denghuo.apps.requests.choices import RequestState as S

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
    "decline": _("退单"),
    "transfer": _("转派其他单位"),
    "hold": _("挂起"),
    "reopen": _("重启"),
}

FINAL: Final = frozenset({S.ARCHIVED, S.CANCELLED})
# A master in one of these can take another caller's request under it.
MASTER_STATES: Final = frozenset({S.SUBMITTED, S.ACCEPTED, S.DISPATCHED, S.RETURNED})
