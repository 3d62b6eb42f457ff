"""Policies of team management: the catalogue of work points, quality marks, hours and limits."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define("teams.specialities", type="text_by", label=_("专业"), help=_("代码与名称，看板上的任务按专业标识"))
define("teams.type_names", type="text_by", label=_("任务类型"))
define("teams.type_speciality", type="text_by", label=_("任务类型所属专业"))
define("teams.type_points", type="number_by", label=_("任务类型的基本工作当量"), unit=_("分"))
define("teams.type_skills", type="texts_by", label=_("任务类型所需技能"))
define("teams.condition_names", type="text_by", label=_("作业条件"))
define(
    "teams.condition_additions", type="number_by", label=_("作业条件的当量加成"),
    help=_("占基本当量的比例；几项条件同时存在时相加"),
)  # fmt: skip
define("teams.condition_skills", type="texts_by", label=_("作业条件所需技能"))
define("teams.distance_free_km", type="number", label=_("不计加成的单程距离"), unit=_("公里"))
define("teams.distance_points_km", type="number", label=_("超出部分每公里的当量"), unit=_("分/公里"))
define(
    "teams.helper_addition",
    type="number",
    label=_("每多一人的当量加成"),
    help=_("占当量的比例；总当量由参加人按份额分"),
)
define("teams.order_types", type="text_by", label=_("工单转任务的类型"), help=_("按故障类别；default 用于其余"))
define("teams.night", type="window", label=_("夜间时段"))
define("teams.mark_points", type="number_by", label=_("质量加减分"), unit=_("分"))
define("teams.manual_mark_cap", type="number", label=_("班长评定上下限"), unit=_("分"), help=_("每项任务累计的绝对值"))
define("teams.safety_types", type="texts", label=_("完工时须确认安全交底的任务类型"))
define("teams.minutes_per_point", type="minutes", label=_("一个工作当量折合的标准工时"), unit=_("分钟"))
define(
    "teams.duty_minutes",
    type="minutes_by",
    label=_("每人每日在岗时间"),
    unit=_("分钟"),
    help=_("mon 至 sun；法定节假日按 sun，调休上班按 mon"),
)
define("teams.saturation_low", type="number", label=_("饱和度下限"), help=_("低于此值提示任务不足；1 为满负荷"))
define("teams.saturation_high", type="number", label=_("饱和度上限"), help=_("高于此值提示过载；1 为满负荷"))
define("teams.most_helpers", type="count", label=_("一项任务最多几人"), unit=_("人"))
define("teams.absence_days", type="count", label=_("一次离岗最多天数"), unit=_("天"))
