"""What happens to trained models."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

register_kind(
    "knowledge.model_kept",
    fields={"model_kind": str, "number": int},
    label=_("保存训练模型"),
    hint=("model_kind", "number"),
)
register_kind(
    "knowledge.model_released",
    fields={"model_kind": str, "number": int},
    label=_("发布训练模型"),
    hint=("model_kind", "number"),
)
