"""What agents do with suggestions."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

register_kind(
    "assist.decided",
    fields={"suggestion_id": int, "kind": str, "outcome": str, "entry_id": int | None},
    label=_("处理坐席助手建议"),
    hint=("kind", "outcome"),
)
