"""Policies of writing, reviewing, importing and checking entries."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define("knowledge.four_eyes", type="flag", label=_("知识须由作者以外的人审核，并由有发布权限的人发布"))
define("knowledge.review_months", type="count", label=_("知识复审周期（新写的条目）"), unit=_("个月"))
define("knowledge.expiring_days", type="count", label=_("知识提前多少天列入即将到期和待复审"), unit=_("天"))
define("knowledge.unused_days", type="count", label=_("知识多少天没有命中列为无人问及"), unit=_("天"))
define("knowledge.lock_minutes", type="count", label=_("知识编辑占用在没有动静多久后失效"), unit=_("分钟"))
define("knowledge.duplicate_at", type="ratio", label=_("知识查重：问法相似度达到此值列为疑似重复"))
define("knowledge.duplicates_most", type="count", label=_("知识查重：一次最多列出的对数"), unit=_("对"))
define("knowledge.import_like_at", type="ratio", label=_("知识导入：与已有条目的得分达到此值提示重复"))
define("knowledge.import_max_bytes", type="count", label=_("知识导入：文件大小上限"), unit=_("字节"))
define("knowledge.import_max_items", type="count", label=_("知识导入：一个文件的条目上限"), unit=_("条"))
