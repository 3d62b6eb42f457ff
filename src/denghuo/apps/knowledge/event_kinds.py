"""What happens to the answers."""

from django.utils.translation import gettext_lazy as _

from denghuo.apps.knowledge.graph import event_kinds as _graph  # noqa: F401
from denghuo.apps.knowledge.learned import kinds as _learned  # noqa: F401
from denghuo.apps.knowledge.learning import kinds as _learning  # noqa: F401
from denghuo.core.events import register_kind

register_kind(
    "knowledge.written",
    fields={"version": int, "scene": str, "new": bool},
    label=_("编写标准问"),
    hint=("version",),
)
register_kind(
    "knowledge.published",
    fields={"version": int, "scene": str, "entry_kind": str, "new": bool},
    label=_("发布知识"),
    hint=("version", "scene"),
)
register_kind("knowledge.submitted", fields={"version": int}, label=_("提交审核"), hint=("version",))
register_kind("knowledge.taken_back", fields={"version": int}, label=_("撤回修订"), hint=("version",))
register_kind("knowledge.reviewed", fields={"version": int, "passed": bool}, label=_("审核知识"), hint=("version",))
register_kind("knowledge.scheduled", fields={"version": int}, label=_("安排定时发布"), hint=("version",))
register_kind("knowledge.draft_dropped", fields={"version": int}, label=_("放弃修订"), hint=("version",))
register_kind("knowledge.confirmed", fields={"version": int}, label=_("复审确认有效"), hint=("version",))
register_kind(
    "knowledge.taken_over", fields={"version": int, "from_id": int}, label=_("接管编辑"), hint=("version", "from_id")
)
register_kind(
    "knowledge.commented", fields={"version": int, "comment_id": int}, label=_("评论知识"), hint=("comment_id",)
)
register_kind(
    "knowledge.comment_resolved",
    fields={"version": int, "comment_id": int},
    label=_("评论已解决"),
    hint=("comment_id",),
)
register_kind("knowledge.import_uploaded", fields={"format": str}, label=_("上传知识文件"))
register_kind("knowledge.import_started", fields={"rows": int}, label=_("确认导入知识"))
register_kind("knowledge.import_ended", fields={"state": str, "rows": int}, label=_("知识导入结束"))
register_kind("knowledge.pair_decided", fields={"decision": str}, label=_("处理疑似重复"))
register_kind("knowledge.check_started", fields={"check": str}, label=_("开始检查知识库"))
register_kind("knowledge.check_ended", fields={"check": str, "total": int, "found": int}, label=_("知识库检查完成"))
register_kind("knowledge.expired", fields={"version": int}, label=_("标准问失效"), hint=("version",))
register_kind(
    "knowledge.used", fields={"how": str, "contact_id": int | None}, label=_("引用知识"), hint=("how", "contact_id")
)
