"""The roles the product ships with and what each may do.

Administrators are kept apart (GB/T 22239-2019, 8.1.4.2): the system administrator keeps people and units but grants
nothing; the security administrator grants, approves policies and unlocks but reads no business audit; the audit
administrator reads the audit and changes nothing. Nobody holds two of the three.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import get_language

from denghuo.apps.accounts.choices import RoleKind
from denghuo.apps.accounts.models import Role

ADMIN_ROLES = frozenset({"system_admin", "security_admin", "audit_admin"})

SEE_CUSTOMER = "privacy.view_name privacy.view_phone privacy.view_address privacy.view_account_number"
WATCH = "floor.view contacts.view requests.view callback.view field.view customers.view grid.view file.view"


@dataclass(frozen=True, slots=True)
class RoleDef:
    """One shipped role. ``home`` lists url names, best first: where its holder starts work."""

    code: str
    name: str
    name_en: str
    permissions: frozenset[str]
    home: tuple[str, ...]
    icon: str
    group: str
    kind: str = RoleKind.BUSINESS

    @property
    def local_name(self) -> str:
        """The name in the active language."""
        return self.name_en if (get_language() or "").startswith("en") else self.name


def _role(
    code: str,
    name: str,
    name_en: str,
    icon: str,
    group: str,
    home: str,
    *permissions: str,
    kind: str = RoleKind.BUSINESS,
) -> RoleDef:
    words = frozenset(word for part in permissions for word in part.split())
    return RoleDef(code, name, name_en, words, tuple(home.split()), icon, group, kind)


#: group code -> (Chinese, English) heading on the demo sign-in page
GROUPS = {
    "desk": ("客服中心", "Service centre"),
    "field": ("指挥与抢修", "Dispatch and field"),
    "quality": ("质量与管理", "Quality and management"),
    "admin": ("系统管理（三权分立）", "Administration (separated)"),
}

_DEFINITIONS = (
    _role(
        "agent", "客服专员", "Agent", "headset", "desk", "contacts:desk requests:list",
        "contacts.view contact.take contact.close contact.create contact.transfer agent.work knowledge.view roster.work"
        " requests.view request.create request.accept request.classify request.merge request.note request.urge"
        " request.cancel request.archive customers.view grid.view field.view file.view records.write catalogue.view customers.marks_view", SEE_CUSTOMER,
    ),
    _role(
        "callback_agent", "回访专员", "Call-back agent", "phone-call", "desk", "requests:callbacks requests:list",
        "callback.view callback.call roster.work requests.view request.note request.urge request.archive contacts.view"
        " customers.view grid.view field.view file.view agent.work contact.take contact.close contact.create"
        " contact.transfer knowledge.view records.write catalogue.view customers.marks_view", SEE_CUSTOMER,
    ),
    _role(
        "callback_robot", "回访机器人", "Call-back robot", "headset", "desk", "requests:list",
        "callback.view callback.lease requests.view privacy.view_name privacy.view_phone",
    ),
    _role(
        "supervisor", "值班主管", "Supervisor", "user-shield", "desk", "metrics:floor requests:list",
        WATCH, "contact.take contact.close contact.create request.create request.accept request.classify request.merge"
        " request.dispatch request.note request.urge request.cancel request.review request.archive request.supervise"
        " request.confidential callback.call"
        " callback.manage"
        " order.review staff.view policy.view job.view privacy.reveal privacy.view_name agent.work agent.control"
        " contact.transfer contact.monitor contact.rate_view queue.view queue.manage echelon.activate channel.view"
        " floor.control records.view records.write records.manage knowledge.view knowledge.review desk.view outage.review catalogue.view catalogue.edit"
        " customers.marks_view customers.marks_manage safety.view safety.locate safety.handle safety.manage team.view"
        " workforce.view workforce.act roster.view roster.plan roster.work",
    ),
    _role(
        "dispatcher", "调度指挥员", "Dispatcher", "send", "field", "field:dispatch requests:list",
        "request.confidential requests.view request.create request.accept request.classify request.merge request.dispatch request.note"
        " request.urge request.cancel request.review callback.view field.view order.dispatch order.withdraw order.review"
        " crew.manage floor.view contacts.view customers.view grid.view outage.manage outage.review file.view catalogue.view"
        " customers.marks_view safety.view safety.locate safety.handle safety.manage team.view team.manage", SEE_CUSTOMER,
    ),
    _role(
        "crew_member", "抢修人员", "Crew member", "tool", "field", "field:orders",
        "order.work grid.view team.work", SEE_CUSTOMER,
    ),
    _role(
        "crew_leader", "抢修班长", "Crew leader", "truck", "field", "field:orders",
        "order.work crew.manage field.view file.view grid.view team.work team.view team.manage", SEE_CUSTOMER,
    ),
    _role(
        "inspector", "质检督查", "Inspector", "clipboard-check", "quality", "requests:list metrics:floor",
        WATCH, "privacy.reveal desk.view desk.manage knowledge.view records.view records.write channel.view catalogue.view"
        " customers.marks_view team.view",
    ),
    _role(
        "knowledge_editor", "知识编辑", "Knowledge editor", "book", "quality", "requests:list accounts:policies",
        "requests.view grid.view policy.view knowledge.view knowledge.edit knowledge.review desk.view desk.manage channel.view catalogue.view catalogue.edit",
    ),
    _role(
        "planner", "排班计划员", "Planner", "calendar-event", "quality", "metrics:floor requests:list",
        "floor.view contacts.view requests.view callback.view field.view staff.view policy.view privacy.reveal prediction.manage"
        " queue.view queue.manage workforce.view workforce.plan workforce.act roster.view roster.plan",
    ),
    _role(
        "data_steward", "数据管理员", "Data steward", "database", "quality", "requests:list",
        "requests.view customers.view grid.view file.view job.view policy.view prediction.manage privacy.reveal exchange.view"
        " exchange.import exchange.export catalogue.view catalogue.edit",
    ),
    _role(
        "manager", "管理者", "Manager", "chart-bar", "quality", "metrics:floor requests:list",
        WATCH, "request.supervise request.confidential staff.view org.view policy.view prediction.manage privacy.reveal queue.view queue.manage channel.view channel.manage"
        " echelon.activate records.view records.write records.manage knowledge.view knowledge.review knowledge.publish desk.view catalogue.view catalogue.edit catalogue.release"
        " customers.marks_view customers.marks_manage safety.view safety.manage team.view"
        " workforce.view workforce.plan workforce.act roster.view roster.plan roster.approve",
    ),
    _role(
        "system_admin", "系统管理员", "System administrator", "settings", "admin", "accounts:people",
        "staff.view staff.manage org.view org.manage job.view policy.view privacy.reveal channel.view channel.manage"
        " queue.view exchange.view exchange.manage catalogue.view", kind=RoleKind.ADMIN,
    ),
    _role(
        "security_admin", "安全管理员", "Security administrator", "shield-lock", "admin", "accounts:people",
        "staff.view staff.unlock role.grant org.view policy.view policy.approve", kind=RoleKind.ADMIN,
    ),
    _role(
        "audit_admin", "审计管理员", "Audit administrator", "history", "admin", "accounts:audit",
        "audit.view audit.accounting staff.view org.view policy.view", kind=RoleKind.ADMIN,
    ),
)  # fmt: skip

ROLES: dict[str, RoleDef] = {role.code: role for role in _DEFINITIONS}
PERMISSIONS = frozenset(permission for role in _DEFINITIONS for permission in role.permissions)


def sync_roles() -> int:
    """Write the shipped roles to the database; give how many rows were new or changed. Safe to run at any time."""
    present = {role.code: role for role in Role.objects.all()}
    changed = 0
    for definition in _DEFINITIONS:
        wanted = {
            "name": definition.name,
            "name_en": definition.name_en,
            "kind": str(definition.kind),
            "permissions": sorted(definition.permissions),
        }
        role = present.get(definition.code)
        if role is None:
            Role.objects.get_or_create(code=definition.code, defaults=wanted)
        elif any(getattr(role, field) != value for field, value in wanted.items()):
            Role.objects.filter(pk=role.pk).update(**wanted)
        else:
            continue
        changed += 1
    return changed


def role_name(code: str) -> str:
    """The role's name in the active language; the code itself for a role nobody ships."""
    definition = ROLES.get(code)
    return definition.local_name if definition else code
