"""Policies of finding customers."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

TIMES = _("次")

define("hall.find.per_hour", type="count", label=_("同一网络地址每小时可查找户号次数"), unit=TIMES)
define("hall.find.per_account_hour", type="count", label=_("同一户号每小时可被查找次数"), unit=TIMES)
define("hall.find.ref_minutes", type="minutes", label=_("查到的户号凭据有效时长"), unit=_("分钟"))
define("customers.search.most", type="count", label=_("客户查询一次最多列出户数"), unit=_("户"))
