"""Policies of learned driving times."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define("driving.cell_km", type="number", label=_("行车时间分区边长"), unit=_("公里"))
define("driving.coverage", type="ratio", label=_("行车时间区间应覆盖的比例"))
define("driving.history_days", type="count", label=_("学习行车时间所用的历史"), unit=_("天"))
define("driving.min_journeys", type="count", label=_("学习行车时间至少需要的行车记录"), unit=_("次"))
define("driving.loss_slack", type="ratio", label=_("新行车模型允许比现用模型多出的误差"))
