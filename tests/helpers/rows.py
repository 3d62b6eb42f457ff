"""Rows of any model, filled by the types of its fields, with a mark in every text."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from denghuo.core.scoping.models import OrgUnit

#: What a constraint between fields wants of a row.
FIT: dict[str, dict[str, Any]] = {"workforce.shiftassignment": {"kind": "leave"}}
_numbers = itertools.count(1)
_weeks = itertools.count(1)


def make_row(model: type[models.Model], org: OrgUnit, mark: str) -> Any:
    """A saved row of ``model`` in ``org`` with ``mark`` in its texts; what it must point to is made likewise."""
    values: dict[str, Any] = dict(FIT.get(model._meta.label_lower, {}))
    once = {name for one in model._meta.constraints for name in getattr(one, "fields", ())}
    for field in model._meta.concrete_fields:
        if (field.primary_key and field.auto_created) or field.name in values:
            continue
        if isinstance(field, models.ForeignKey):
            if field.related_model is OrgUnit:
                values[field.name] = org
            elif not field.null and field.related_model is not model:
                values[field.name] = make_row(field.related_model, org, mark)  # type: ignore[arg-type]
        elif not field.name.endswith("_bidx") and (not field.has_default() or _wants_mark(field)) and not field.null:
            values[field.name] = _value(field, mark)
            if (
                field.name in once
                and isinstance(field, models.DateField)
                and not isinstance(field, models.DateTimeField)
            ):
                values[field.name] -= dt.timedelta(weeks=next(_weeks))
    return model._default_manager.create(**values)


def _wants_mark(field: models.Field[Any, Any]) -> bool:
    return isinstance(field, models.CharField | models.TextField) and not field.choices and field.default == ""


def _value(field: Any, mark: str) -> Any:
    number = next(_numbers)
    if field.choices:
        return field.choices[0][0]
    if "JSON" in str(field.help_text) and isinstance(field, models.TextField):
        return json.dumps({"mark": mark}, ensure_ascii=False)
    if isinstance(field, models.CharField | models.TextField):
        text = f"{mark}{number}" if field.unique else mark
        if getattr(field, "classification", "") == "phone":
            return "13800009999"
        return text[: field.max_length] if field.max_length else text
    if isinstance(field, ArrayField | models.JSONField):
        return []
    if isinstance(field, models.DateTimeField):
        return timezone.now() - dt.timedelta(minutes=5)
    if isinstance(field, models.DateField):
        return timezone.localdate()
    if isinstance(field, models.TimeField):
        return dt.time(8)
    if isinstance(field, models.UUIDField):
        return uuid.uuid4()
    if isinstance(field, models.BooleanField):
        return False
    if isinstance(field, models.BinaryField):
        return b""
    if isinstance(field, models.FloatField):
        return 30.0
    return number % 30_000  # a small integer may hold no more
