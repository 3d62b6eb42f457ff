"""Links made and undone, matters told again, areas with frequent outages."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

LINK = {"link_id": int, "link_kind": str, "other_id": int, "outward": bool, "note_id": int | None}
register_kind("request.linked", fields=LINK, label=_("关联诉求"), hint=("link_kind", "other_id"))
register_kind("request.unlinked", fields=LINK, label=_("取消关联"), hint=("link_kind", "other_id"))
register_kind(
    "request.contacted_again",
    fields={"count": int, "by_request_id": int | None, "score": float | None},
    label=_("同一事项再次来电"),
    hint=("count",),
)
register_kind(
    "request.repeated",
    fields={"repeat_kind": str, "count": int, "grade": str},
    label=_("重复诉求"),
    hint=("repeat_kind", "count"),
)
AREA = {"transformer_id": int, "times": int, "band": str}
register_kind("area.frequent_outages", fields=AREA, label=_("列入频繁停电台区"), hint=("times", "band"))
register_kind("area.outages_settled", fields=AREA, label=_("移出频繁停电台区"))

from denghuo.apps.requests.linking.major import event_kinds as _major  # noqa: E402,F401
