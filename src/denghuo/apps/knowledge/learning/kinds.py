"""What happens in the learning loop."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

register_kind(
    "learning.decided",
    fields={"decision": str, "texts": int, "entry_id": int | None},
    label=_("处理未解问题"),
    hint=("decision",),
)
register_kind("learning.moved", fields={"texts": int, "to_id": int}, label=_("调整问题归组"))
register_kind("learning.case_added", fields={"refuse": bool}, label=_("加入测评集"))
register_kind("learning.case_retired", fields={}, label=_("移出测评集"))
register_kind("learning.training_asked", fields={"kind": str}, label=_("发起训练"))
register_kind(
    "learning.training_ended", fields={"kind": str, "state": str, "model_id": int | None}, label=_("训练结束")
)
register_kind("learning.typed_decided", fields={"state": str}, label=_("处理手写答复"))
