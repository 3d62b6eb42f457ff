"""Proof that a member of the public is the one who opened a conversation."""

from __future__ import annotations

import hmac

from django.core import signing

from denghuo.apps.contacts.models import Contact

SALT = "contacts.access"
MAX_AGE = 24 * 3600


def contact_token(contact: Contact) -> str:
    """A signed token for the customer's side of a conversation, good for a day."""
    return signing.dumps(contact.pk, salt=SALT, compress=False)


def opens(access: str | None, contact: Contact) -> bool:
    """Whether ``access`` is this conversation's token, or the random id its sender made for it."""
    if not access:
        return False
    own = str(contact.client_id or "")
    if own and hmac.compare_digest(access.lower().encode(), own.encode()):
        return True
    try:
        return bool(signing.loads(access, salt=SALT, max_age=MAX_AGE) == contact.pk)
    except signing.BadSignature:
        return False
