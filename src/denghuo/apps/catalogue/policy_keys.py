"""Policies of flows, classes and templates."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define("flow.dry_run_max", type="count", label=_("流程试运行最多取多少条过往诉求"), unit=_("条"))
define("flow.dry_run_default", type="count", label=_("流程试运行默认条数"), unit=_("条"))
define("flow.traffic_days", type="count", label=_("流程图默认统计最近几天"), unit=_("天"))

define("catalogue.import_bytes", type="count", label=_("分类导入文件最大字节数"), unit=_("字节"))
define("catalogue.import_rows", type="count", label=_("分类导入最多行数"), unit=_("行"))
define("flow.automatic_batch", type="count", label=_("流程自动步骤每次每状态最多处理条数"), unit=_("条"))
