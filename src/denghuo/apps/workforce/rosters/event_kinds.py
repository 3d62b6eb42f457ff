"""What happens to rosters. Ids, codes and numbers only."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

register_kind("shift.saved", fields={"code": str, "version": int}, label=_("保存班次"), hint=("code",))
register_kind("shift.retired", fields={"code": str}, label=_("停用班次"), hint=("code",))
register_kind("roster.made", fields={"first": dt.date, "last": dt.date}, label=_("新建排班表"), hint=("first",))
DAY = {"staff_id": int, "day": dt.date, "shift_kind": str, "shift_id": int | None}
register_kind("roster.day_set", fields=DAY, label=_("安排班次"), hint=("day",))
register_kind("roster.day_cleared", fields=DAY, label=_("取消班次"), hint=("day",))
register_kind(
    "roster.exception_made",
    fields={"staff_id": int, "day": dt.date, "rules": str},
    label=_("应急突破工时限制"),
    hint=("day",),
)
register_kind("roster.day_locked", fields={"staff_id": int, "day": dt.date, "locked": bool}, label=_("锁定班次"))
register_kind("roster.need_set", fields={"day": dt.date, "shift_id": int, "heads": int}, label=_("填写班次需求"))
register_kind("roster.published", fields={"first": dt.date, "people": int}, label=_("发布排班表"), hint=("first",))
register_kind("roster.acknowledged", fields={"staff_id": int}, label=_("确认排班"))
register_kind("roster.night_limited", fields={"staff_id": int, "until": dt.date}, label=_("登记不排夜班"))
register_kind("wish.made", fields={"day": dt.date, "points": int}, label=_("提出排班意愿"), hint=("day",))
register_kind("wish.withdrawn", fields={"day": dt.date}, label=_("撤回排班意愿"), hint=("day",))
SWAP = {"day": dt.date, "giver_id": int, "taker_id": int | None}
register_kind("swap.offered", fields=SWAP, label=_("发起换班"), hint=("day",))
register_kind("swap.taken", fields=SWAP, label=_("同事愿意接班"), hint=("day",))
register_kind("swap.decided", fields=SWAP | {"approved": bool}, label=_("审批换班"), hint=("day",))
register_kind("swap.withdrawn", fields=SWAP, label=_("撤回换班"), hint=("day",))
register_kind("calendar.made", fields={}, label=_("生成日历订阅地址"))
register_kind("calendar.revoked", fields={}, label=_("停用日历订阅地址"))
RUN = {"solution_id": int}
register_kind("roster.making_started", fields=RUN, label=_("开始自动排班"))
register_kind("roster.filled", fields=RUN | {"days": int, "short": int}, label=_("自动排班写入"))
register_kind("roster.adjusting_started", fields=RUN, label=_("开始临时缺勤调整"))
register_kind("roster.proposed", fields=RUN | {"days": int}, label=_("提出调整方案"))
register_kind("roster.adjusted", fields=RUN | {"staff_id": int | None, "days": int}, label=_("采纳调整方案"))
register_kind("roster.proposal_discarded", fields=RUN, label=_("放弃调整方案"))
register_kind("roster.rule_saved", fields={"rule": str}, label=_("保存本地排班规则"), hint=("rule",))
register_kind("roster.rule_retired", fields={"rule": str}, label=_("停用本地排班规则"), hint=("rule",))
