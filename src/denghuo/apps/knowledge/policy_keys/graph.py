"""Policies of the knowledge graph."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define("knowledge.graph.floor", type="ratio", label=_("图谱抽取：把握低于此值的不提出"))
define("knowledge.graph.path_longest", type="count", label=_("图谱路径：最多经过的关系数"), unit=_("步"))
define("knowledge.graph.path_most", type="count", label=_("图谱路径：最多列出的条数"), unit=_("条"))
define("knowledge.graph.drawn_most", type="count", label=_("图谱画图：每种关系最多画出的实体数"), unit=_("个"))
