"""Personal data: sealed at rest, found by a blind index, masked on the way out, unmasked only with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from denghuo.core.privacy.fields import EncryptedCharField, EncryptedTextField, Sealed, sealed_columns
from denghuo.core.privacy.keys import PrivacyError, rotate_key
from denghuo.core.privacy.masking import mask, redact
from denghuo.core.privacy.sealing import blind_index, open_sealed, seal
from denghuo.core.privacy.views import masked, may_view

if TYPE_CHECKING:
    from denghuo.core.privacy.actions import reveal
    from denghuo.core.privacy.rotation import reencrypt

__all__ = [
    "EncryptedCharField",
    "EncryptedTextField",
    "PrivacyError",
    "Sealed",
    "blind_index",
    "mask",
    "masked",
    "may_view",
    "open_sealed",
    "redact",
    "reencrypt",
    "reveal",
    "rotate_key",
    "seal",
    "sealed_columns",
]


def __getattr__(name: str) -> Any:
    # These two reach models, which cannot be imported while the models that use the fields are being loaded.
    if name == "reveal":
        from denghuo.core.privacy.actions import reveal

        return reveal
    if name == "reencrypt":
        from denghuo.core.privacy.rotation import reencrypt

        return reencrypt
    raise AttributeError(name)
