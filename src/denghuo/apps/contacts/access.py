"""Proof that a member of the public is the one who opened a conversation."""

from __future__ import annotations

from django.core import signing

SALT = "contacts.access"
MAX_AGE = 24 * 3600


def contact_token(contact_id: int) -> str:
    """A signed token for the customer's side of a conversation, good for a day."""
    return signing.dumps(contact_id, salt=SALT, compress=False)


def opens(token: str | None, contact_id: int) -> bool:
    """Whether ``token`` was made for this conversation and is not too old."""
    if not token:
        return False
    try:
        return bool(signing.loads(token, salt=SALT, max_age=MAX_AGE) == contact_id)
    except signing.BadSignature:
        return False
