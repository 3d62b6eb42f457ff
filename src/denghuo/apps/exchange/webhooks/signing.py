"""Signatures by the Standard Webhooks specification (symmetric, ``v1``)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable, Mapping

PREFIX = "whsec_"
SECRET_BYTES = 32  # the specification asks for 24 to 64


class BadSignature(ValueError):
    """The call was not signed by who it claims to be from, or is too old."""


def new_secret() -> str:
    """A secret as both sides keep it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def key_of(secret: str) -> bytes:
    """The key inside a secret; raises ValueError when it is not base64 of 24 to 64 bytes."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("the secret is not base64") from error
    if not 24 <= len(key) <= 64:
        raise ValueError("the secret must hold 24 to 64 bytes")
    return key


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """``v1,<base64 of HMAC-SHA256 over "id.timestamp.body">``."""
    digest = hmac.digest(key_of(secret), f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode()


def headers(held: Iterable[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers; one signature for each valid secret, so that a receiver may hold either."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(secret, message_id, timestamp, body) for secret in held),
    }


def verify(secret: str, given: Mapping[str, str], body: bytes, *, seconds: float, now: float | None = None) -> str:
    """The message id of a call that ``secret`` signed within ``seconds`` of now; raises BadSignature.

    ``given`` looks headers up without regard to case (as ``request.headers`` does).
    """
    message_id, stamp, signed = (given.get(f"webhook-{name}") or "" for name in ("id", "timestamp", "signature"))
    if not message_id or len(message_id) > 100 or not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        raise BadSignature("webhook-id or webhook-timestamp is missing")
    if abs((time.time() if now is None else now) - int(stamp)) > seconds:
        raise BadSignature("webhook-timestamp is too far from now")
    try:
        wanted = sign(secret, message_id, int(stamp), body).encode()
    except ValueError as error:
        raise BadSignature(str(error)) from None
    if not any(hmac.compare_digest(wanted, one.encode()) for one in signed.split()):
        raise BadSignature("webhook-signature does not fit")
    return message_id
