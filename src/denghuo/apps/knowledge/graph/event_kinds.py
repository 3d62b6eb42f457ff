"""What happens to the graph."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

_ROW = {"version": int, "kind": str}
register_kind("knowledge.graph_entity_written", fields=_ROW, label=_("编写图谱实体"), hint=("version", "kind"))
register_kind("knowledge.graph_entity_expired", fields=_ROW, label=_("停用图谱实体"), hint=("version", "kind"))
register_kind("knowledge.graph_relation_written", fields=_ROW, label=_("编写图谱关系"), hint=("version", "kind"))
register_kind("knowledge.graph_relation_confirmed", fields=_ROW, label=_("确认图谱关系"), hint=("version", "kind"))
register_kind("knowledge.graph_relation_withdrawn", fields=_ROW, label=_("撤销图谱关系"), hint=("version", "kind"))
register_kind(
    "knowledge.graph_decided",
    fields={"state": str, "kind": str, "pattern": str},
    label=_("处理图谱抽取建议"),
    hint=("state", "kind"),
)
register_kind("knowledge.graph_extract_started", fields={"job": int}, label=_("开始图谱抽取"), hint=("job",))
register_kind(
    "knowledge.graph_extracted", fields={"entries": int, "proposed": int}, label=_("图谱抽取完成"), hint=("proposed",)
)
