"""Policies of classing requests and grading complaints."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define(
    "classification.required",
    type="texts",
    label=_("受理时必须选择分类的业务类型"),
    help=_("业务类型代码；故障报修总须选择"),
)
define(
    "classification.deepest",
    type="texts",
    label=_("必须选到最末级的分类树"),
    help=_("分类树代码，如 complaint、fault_cause；其余树可只选上级"),
)
define("grading.important_people", type="count", label=_("反映人数达到多少人为重要投诉"), unit=_("人"))
define("grading.major_people", type="count", label=_("反映人数达到多少人为重大投诉"), unit=_("人"))
define("grading.repeats", type="count", label=_("同一客户同一事项投诉达到多少次为重要投诉"), unit=_("次"))
define("grading.repeat_days", type="number", label=_("重复投诉的回看天数"), unit=_("天"))
define(
    "grading.rules",
    type="text_by",
    label=_("各类情形对应的投诉等级"),
    help=_("等级代码 special、major、important、general"),
)
define("grading.media_words", type="texts", label=_("提示媒体介入的词语"))
define("grading.injury_words", type="texts", label=_("提示人身伤害的词语"))
define("grading.group_words", type="texts", label=_("提示群体诉求的词语"))
