"""Reading staff and what they may do."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from denghuo.apps.accounts.models import ApiToken, RoleGrant, Staff, StaffSession, StaffSkill
from denghuo.core import policies, prepared
from denghuo.core.actors import ROOT_PATH, Actor, Grant

if TYPE_CHECKING:
    from django.http import HttpRequest

    from denghuo.core.scoping.models import OrgUnit


def digest_of(raw: str) -> str:
    """SHA-256 of a token or session key; 256 random bits need no slow hash."""
    return hashlib.sha256(raw.encode("utf-8", "surrogatepass")).hexdigest()


def in_force(at: dt.datetime) -> Q:
    """Grants in force at ``at``."""
    return Q(valid_from__lte=at) & (Q(valid_to=None) | Q(valid_to__gt=at))


def scope_path(unit: OrgUnit) -> str:
    """The path a grant on ``unit`` covers; the root of the tree covers also what belongs to no unit."""
    return ROOT_PATH if unit.parent_id is None else unit.path


def actor_for(staff: Staff, request: HttpRequest | None = None) -> Actor:
    """The actor of a person with the grants in force now: one query, kept on the ``staff`` object.

    With ``request`` the actor also knows address and session. An inactive person gets an actor without grants.
    """
    known: tuple[Grant, ...] | None = getattr(staff, "_grants_in_force", None)
    if known is None:
        known = _grants(staff)
        staff._grants_in_force = known  # type: ignore[attr-defined]
    session_id = ip = None
    if request is not None:
        session = getattr(request, "session", None)
        if session is not None and session.session_key:
            session_id = digest_of(session.session_key)[:16]
        ip = str(request.META.get("REMOTE_ADDR", "")) or None
    return Actor(kind="staff", id=staff.pk, name=staff.display_name, grants=known, session_id=session_id, ip=ip)


# Every call with a token asks these two.
_grants_of = prepared.Select(
    lambda staff, at: (
        RoleGrant.objects.filter(in_force(at), staff_id=staff).select_related("role", "org").order_by("pk")
    ),
    int,
    dt.datetime,
)
_token_of = prepared.Select(
    lambda digest, at: ApiToken.objects.select_related("staff__org").filter(
        digest=digest, expires_at__gt=at, staff__is_active=True
    ),
    str,
    dt.datetime,
)


def _grants(staff: Staff) -> tuple[Grant, ...]:
    if not staff.is_active:
        return ()
    rows = _grants_of(staff.pk, timezone.now())
    return tuple(Grant(row.role.code, frozenset(row.role.permissions), scope_path(row.org)) for row in rows)


def role_codes(staff: Staff) -> set[str]:
    """Codes of the roles in force."""
    return {grant.role for grant in actor_for(staff).grants}


def staff_visible_to(actor: Actor) -> QuerySet[Staff]:
    """People the actor may see, each with their grants in force as ``current_grants``."""
    grants = RoleGrant.objects.filter(in_force(timezone.now())).select_related("role", "org").order_by("pk")
    visible: QuerySet[Staff] = Staff.objects.visible_to(actor, "staff.view")
    return visible.select_related("org").prefetch_related(Prefetch("grants", grants, to_attr="current_grants"))


def staff_by_token(raw: str) -> tuple[Staff, ApiToken] | None:
    """The person whose unexpired bearer token this is."""
    now = timezone.now()
    token = _token_of.first(digest_of(raw), now)
    if token is None:
        return None
    if token.last_used_at is None or now - token.last_used_at > dt.timedelta(minutes=1):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token.staff, token


def open_sessions(staff: Staff) -> QuerySet[StaffSession]:
    """Browsers the person is signed in with, latest activity first, without those that have been idle too long."""
    idle = dt.timedelta(minutes=policies.get("session.idle_minutes", staff.org))
    return StaffSession.objects.filter(staff=staff, ended_at=None, seen_at__gt=timezone.now() - idle).order_by(
        "-seen_at"
    )


def needs_totp(staff: Staff) -> bool:
    """Whether a role in force requires a second factor (policy ``signin.totp_roles``)."""
    return bool(role_codes(staff) & set(policies.get("signin.totp_roles", staff.org)))


def skills_of(staff: Staff) -> QuerySet[StaffSkill]:
    """The person's skills with their names."""
    return StaffSkill.objects.filter(staff=staff).select_related("skill").order_by("skill__code")
