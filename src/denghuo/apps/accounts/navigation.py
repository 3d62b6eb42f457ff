"""Menu entries of the administration pages."""

from django.utils.translation import gettext_lazy as _

from denghuo.web import nav

nav.register(_("人员"), "accounts:people", "staff.view", icon="users", group="manage", order=10)
nav.register(_("组织"), "accounts:org", "org.view", icon="hierarchy-2", group="manage", order=20)
nav.register(
    _("策略"), "accounts:policies", ("policy.view", "policy.approve"), icon="adjustments", group="manage", order=30
)
nav.register(_("审计"), "accounts:audit", "audit.view", icon="history", group="audit", order=10)
