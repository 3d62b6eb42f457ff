"""What happens to customers' money, plans and tags. Payloads hold ids, codes and amounts."""

import datetime as dt
from decimal import Decimal

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.core.events import register_kind

register_kind(
    "payment.created",
    fields={"number": str, "amount": Decimal, "bill_ids": list[int], "provider": str},
    label=_("创建缴费单"),
    hint=("number",),
)
register_kind(
    "payment.settled",
    fields={"number": str, "amount": Decimal, "bill_ids": list[int], "provider": str},
    label=_("缴费成功"),
    hint=("number",),
)
register_kind("payment.failed", fields={"number": str, "reason": str}, label=_("缴费未完成"), hint=("number", "reason"))
register_kind("payment.refund_due", fields={"number": str, "reason": str}, label=_("待退款"), hint=("number", "reason"))
register_kind("payment.refunded", fields={"number": str, "amount": Decimal}, label=_("已退款"), hint=("number",))
register_kind(
    "account.plan_chosen",
    fields={"plan": str, "valid_from": dt.date},
    label=_("变更电价方案"),
    hint=("plan",),
)
register_kind("invoice.requested", fields={"bill_id": int}, label=_("申请电子发票"))
register_kind("customer.tagged", fields={"tag": str}, label=pgettext_lazy("事件", "添加标签"), hint=("tag",))
register_kind("customer.untagged", fields={"tag": str}, label=pgettext_lazy("事件", "移除标签"), hint=("tag",))
register_kind(
    "customer.marked",
    fields={"mark_id": int, "mark": str, "source": str, "valid_from": dt.date, "valid_to": dt.date | None},
    label=_("设置敏感客户标识"),
)
register_kind("customer.mark_lifted", fields={"mark_id": int, "mark": str}, label=_("解除敏感客户标识"))
register_kind(
    "meter.readings_kept", fields={"readings": int, "accounts": int}, label=_("导入电压曲线"), hint=("readings",)
)
