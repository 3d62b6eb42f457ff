"""Analyses, as events."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

register_kind(
    "request.analysis_attached",
    fields={"note_id": int, "cause": str},
    label=_("写入电压分析意见"),
    hint=("note_id",),
)
