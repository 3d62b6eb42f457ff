"""Policies of signing in."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define("signin.max_failures", type="count", label=_("连续登录失败几次后锁定"), unit=_("次"))
define("signin.lock_minutes", type="minutes", label=_("登录锁定时长"), unit=_("分钟"))
define(
    "signin.ip_max_failures",
    type="count",
    label=_("同一网络地址登录失败上限"),
    unit=_("次"),
    help=_("在统计时段内超过此数，该地址暂不受理登录"),
)
define("signin.ip_window_minutes", type="minutes", label=_("网络地址登录失败的统计时段"), unit=_("分钟"))
define(
    "signin.totp_roles",
    type="texts",
    label=_("必须使用动态口令的角色"),
    help=_("这些角色登录时必须通过第二重验证"),
)
define("session.idle_minutes", type="minutes", label=_("无操作自动退出"), unit=_("分钟"))
define("session.token_hours", type="number", label=_("接口登录令牌有效期"), unit=_("小时"))
define("token.max_hours", type="number", label=_("接口令牌最长有效期"), unit=_("小时"))
