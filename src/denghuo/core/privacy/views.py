"""What one actor sees of one object's personal data."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldError
from django.db import models

from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.privacy.fields import EncryptedField
from denghuo.core.privacy.masking import HIDDEN, mask


def encrypted_field(obj: models.Model, name: str) -> EncryptedField:
    """The encrypted field ``name`` of ``obj``; FieldError when it is not one."""
    field = obj._meta.get_field(name)
    if not isinstance(field, EncryptedField):
        raise FieldError(f"{obj._meta.label}.{name} is not an encrypted field")
    return field


def org_path_of(obj: Any) -> str:
    """The org path that decides who may see ``obj``: ``obj.org_path`` or ``obj.org.path``.

    An object that belongs to no unit falls under the whole company, so only company-wide grants reach it.
    """
    path = getattr(obj, "org_path", None)
    if path is None:
        path = getattr(getattr(obj, "org", None), "path", None)
    return str(path) if path else ROOT_PATH


def may_view(obj: models.Model, name: str, actor: Actor) -> bool:
    """Whether ``actor`` sees the field in plain: ``privacy.view_<classification>`` held over the object's unit.

    An object with a method ``withheld_from(actor)`` may keep itself from readers who hold the permission.
    """
    withheld = getattr(obj, "withheld_from", None)
    if withheld is not None and withheld(actor):
        return False
    return actor.can(f"privacy.view_{encrypted_field(obj, name).classification}", org_path_of(obj))


def masked(obj: models.Model, name: str, actor: Actor) -> str:
    """The field for a page, export or message to ``actor``: plain when :func:`may_view`, else its mask."""
    value = getattr(obj, name)
    if not value or may_view(obj, name, actor):
        return value or ""
    withheld = getattr(obj, "withheld_from", None)
    if withheld is not None and withheld(actor):
        return HIDDEN
    return mask(encrypted_field(obj, name).classification, value)
