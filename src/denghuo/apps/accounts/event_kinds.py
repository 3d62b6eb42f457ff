"""What happens to people, their roles and their sessions."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.core.events import register_kind

register_kind("staff.signed_in", fields={"ip": str, "way": str}, label=_("登录成功"))
register_kind("staff.sign_in_failed", fields={"ip": str, "reason": str, "failures": int}, label=_("登录失败"))
register_kind("staff.locked", fields={"ip": str, "minutes": float}, label=_("账号锁定"))
register_kind("staff.unlocked", fields={}, label=pgettext_lazy("事件", "解除锁定"))
register_kind("staff.signed_out", fields={"why": str, "sessions": int}, label=pgettext_lazy("事件", "退出登录"))
register_kind("staff.totp_confirmed", fields={}, label=pgettext_lazy("事件", "启用动态口令"))
register_kind("staff.totp_disabled", fields={}, label=_("停用动态口令"))
register_kind("staff.password_changed", fields={"by_self": bool}, label=pgettext_lazy("事件", "修改密码"))
register_kind("staff.created", fields={"role_codes": list[str]}, label=pgettext_lazy("事件", "新增人员"))
register_kind("staff.updated", fields={"fields": list[str]}, label=_("修改人员信息"))
register_kind("staff.deactivated", fields={"reason": str}, label=_("停用人员"))
register_kind("staff.reactivated", fields={}, label=_("恢复人员"))
register_kind("staff.skill_set", fields={"skill": str, "level": int}, label=_("调整技能"))
register_kind(
    "staff.role_granted",
    fields={"role": str, "unit_id": int, "until": str | None},
    label=pgettext_lazy("事件", "授予角色"),
)
register_kind("staff.role_revoked", fields={"role": str, "unit_id": int}, label=_("收回角色"))
register_kind("staff.token_issued", fields={"token_id": int, "hours": float}, label=_("签发接口令牌"))
register_kind("staff.token_revoked", fields={"token_id": int}, label=_("收回接口令牌"))
register_kind("org.created", fields={"code": str, "unit_kind": str}, label=_("新增单位"))
register_kind("org.renamed", fields={"code": str}, label=_("单位更名"))
