"""Who acts. Every action takes an :class:`Actor`; it carries all that permission checks need, so none reads the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from django.utils.translation import gettext as _

from denghuo.core.errors import NotAllowed

ActorKind = Literal["staff", "customer", "system", "device"]
ROOT_PATH = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held on a subtree of the org tree. ``org_path`` "" is the whole company."""

    role: str
    permissions: frozenset[str]
    org_path: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that acts, with the grants in force at the moment it was built."""

    kind: ActorKind
    id: int | None
    name: str
    grants: tuple[Grant, ...] = ()
    session_id: str | None = None
    ip: str | None = None
    all_permissions: bool = field(default=False)

    @classmethod
    def system(cls, name: str = "system") -> Actor:
        """The product itself: timers, consumers, jobs, imports."""
        return cls(kind="system", id=None, name=name, all_permissions=True)

    @classmethod
    def customer(cls, id: int | None = None, name: str = "customer") -> Actor:
        """A member of the public; may do only what public actions permit."""
        return cls(kind="customer", id=id, name=name)

    def can(self, permission: str, org_path: str) -> bool:
        """Whether a grant with ``permission`` covers ``org_path``."""
        if self.all_permissions:
            return True
        return any(permission in grant.permissions and org_path.startswith(grant.org_path) for grant in self.grants)

    def can_somewhere(self, permission: str) -> bool:
        """Whether any grant holds ``permission``, wherever; for menus."""
        return self.all_permissions or any(permission in grant.permissions for grant in self.grants)

    def require(self, permission: str, org_path: str) -> None:
        """Raise :class:`NotAllowed` unless :meth:`can`."""
        if not self.can(permission, org_path):
            raise NotAllowed(
                _("您的角色在该单位没有“%(permission)s”权限，请联系安全管理员") % {"permission": permission}
            )

    def paths_for(self, permission: str) -> tuple[str, ...]:
        """Org paths on which ``permission`` is held, none inside another; ("",) is everywhere."""
        if self.all_permissions:
            return (ROOT_PATH,)
        held = {grant.org_path for grant in self.grants if permission in grant.permissions}
        paths = sorted(held, key=lambda path: (len(path), path))
        kept: list[str] = []
        for path in paths:
            if not any(path.startswith(outer) for outer in kept):
                kept.append(path)
        return tuple(kept)

    def has_role(self, code: str) -> bool:
        return any(grant.role == code for grant in self.grants)
