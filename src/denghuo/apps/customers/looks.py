"""How the states of bills and payments look."""

from django.utils.translation import gettext_lazy as _

from denghuo.web.states import Look, register_states

register_states(
    "bill",
    {
        "open": Look(_("待缴"), "clock", "warn"),
        "overdue": Look(_("已逾期"), "alert-triangle", "danger"),
        "paid": Look(_("已缴清"), "circle-check", "ok"),
    },
)
register_states(
    "payment",
    {
        "created": Look(_("已创建"), "circle-dashed", "neutral"),
        "paying": Look(_("支付中"), "hourglass", "progress"),
        "paid": Look(_("支付成功"), "circle-check", "ok"),
        "failed": Look(_("未支付"), "circle-x", "muted"),
        "refunding": Look(_("退款中"), "arrow-back-up", "warn"),
        "refunded": Look(_("已退款"), "arrow-back-up", "info"),
    },
)
