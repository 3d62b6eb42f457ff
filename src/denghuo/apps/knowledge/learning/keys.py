"""Policies of the learning loop."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define("knowledge.learning.alike", type="ratio", label=_("学习闭环：归为同一组的最低相似度"))
define("knowledge.learning.gather_days", type="count", label=_("学习闭环：每次回看提问的天数"), unit=_("天"))
define("knowledge.learning.settle_minutes", type="count", label=_("学习闭环：选项多久无人选算未解"), unit=_("分钟"))
define("knowledge.learning.shortest", type="count", label=_("学习闭环：短于此字数的提问不归并"), unit=_("字"))
define("knowledge.learning.most_texts", type="count", label=_("学习闭环：一次归并最多的问法数"), unit=_("条"))
define("knowledge.learning.typed_least", type="count", label=_("学习闭环：手写答复出现几次后提示"), unit=_("次"))
define("knowledge.learning.rates_least", type="count", label=_("学习闭环：列入榜单最少的次数"), unit=_("次"))
define("knowledge.learning.sure", type="ratio", label=_("学习闭环：模型变好的最低把握"))
define("knowledge.learning.resamples", type="count", label=_("学习闭环：配对重抽样次数"), unit=_("次"))
