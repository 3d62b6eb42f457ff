"""Proof that a member of the public named an account together with what only its holder knows."""

from __future__ import annotations

import datetime as dt

from django.core import signing

from denghuo.core import policies

SALT = "customers.account"


def account_ref(account_id: int) -> str:
    """A signed reference to an account, good for ``hall.find.ref_minutes``; it tells nothing but a row's number."""
    return signing.dumps(account_id, salt=SALT, compress=False)


def account_id_of(ref: str | None) -> int | None:
    """The account a reference was made for; None when it is missing, changed or too old."""
    if not ref or len(ref) > 200:
        return None
    try:
        age = dt.timedelta(minutes=policies.get("hall.find.ref_minutes"))
        value = signing.loads(ref, salt=SALT, max_age=age)
    except signing.BadSignature:
        return None
    return value if isinstance(value, int) else None
