"""Bearer tokens for programs; only the SHA-256 of a token is kept."""

from __future__ import annotations

import datetime as dt
import secrets

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.accounts.actions.common import locked_staff
from denghuo.apps.accounts.models import ApiToken, Staff
from denghuo.apps.accounts.queries import digest_of
from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form

PREFIX = "dh_"
BYTES = 32


@action("staff.issue_token")
def issue_token(actor: Actor, staff: Staff, name: str, hours: float) -> str:
    """A new token of ``staff`` good for ``hours``; shown once, never again. One's own, or with staff.manage.

    Raises InvalidInput (``name``, ``hours`` over policy ``token.max_hours``), NotAllowed.
    """
    if actor.id != staff.pk or actor.kind != "staff":
        actor.require("staff.manage", staff.org.path)
    form = Form()
    name = form.text("name", name, longest=60, required=True, lines=False)
    longest = policies.get("token.max_hours", staff.org)
    if not 0 < hours <= longest:
        form.wrong("hours", _("有效期须大于 0 且不超过 %(longest)s 小时") % {"longest": longest})
    form.finish()
    raw = PREFIX + secrets.token_urlsafe(BYTES)
    expires = timezone.now() + dt.timedelta(hours=hours)
    ApiToken.objects.filter(staff=staff, expires_at__lt=timezone.now()).delete()
    token = ApiToken.objects.create(staff=staff, digest=digest_of(raw), name=name, expires_at=expires)
    record(actor, "staff.token_issued", staff, org=staff.org, payload={"token_id": token.pk, "hours": float(hours)})
    return raw


@action("staff.revoke_token")
def revoke_token(actor: Actor, token_id: int) -> None:
    """End a token: one's own, or anybody's with staff.manage or staff.unlock. Raises NotFound, NotAllowed."""
    token = ApiToken.objects.filter(pk=token_id).first()
    if token is None:
        raise NotFound(_("该令牌已经失效"))
    staff = locked_staff(token.staff_id)
    if actor.id != staff.pk and not actor.can("staff.unlock", staff.org.path):
        actor.require("staff.manage", staff.org.path)
    token.delete()
    record(actor, "staff.token_revoked", staff, org=staff.org, payload={"token_id": token_id})
