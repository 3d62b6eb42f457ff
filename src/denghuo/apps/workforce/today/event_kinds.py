"""What happens on the running day. Ids, codes and numbers only."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

register_kind(
    "outlook.made",
    fields={"day": dt.date, "level": float | None, "moves": int},
    label=_("推算当天剩余时间"),
    hint=("day",),
)
MOVE = {"move_kind": str, "day": dt.date, "people": int, "starts": dt.datetime, "ends": dt.datetime}
register_kind("move.applied", fields=MOVE, label=_("采用日内调整"), hint=("move_kind",))
register_kind("move.declined", fields=MOVE, label=_("不采用日内调整"), hint=("move_kind",))
register_kind("move.undone", fields=MOVE, label=_("撤销日内调整"), hint=("move_kind",))
register_kind("move.ended", fields=MOVE, label=_("日内调整到时"), hint=("move_kind",))
CALL = {"echelon": int, "causes": str}
register_kind("reserves.proposed", fields=CALL, label=_("建议启动应急梯队"), hint=("echelon",))
register_kind(
    "reserves.approved",
    fields=CALL | {"told": int, "texted": int, "automatic": bool},
    label=_("批准启动应急梯队"),
    hint=("echelon",),
)
register_kind("reserves.declined", fields=CALL, label=_("不启动应急梯队"), hint=("echelon",))
register_kind("reserves.lapsed", fields=CALL, label=_("应急指标回落"), hint=("echelon",))
register_kind("reserves.ended", fields=CALL | {"told": int}, label=_("解除应急启动"), hint=("echelon",))
