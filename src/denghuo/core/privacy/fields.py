"""Model fields that hold personal data: sealed in the database, opened only when somebody reads them.

``phone = EncryptedCharField(classification="phone", blind_index=True, max_length=20)`` makes two columns: ``phone``
(sealed text) and ``phone_bidx`` (blind index, indexed). Both are written by ``save`` and ``bulk_create``. Rows read
from the database hold a :class:`Sealed` value that is opened on first access of the attribute, so a list that does
not show the field pays nothing for it. ``values()`` and ``values_list()`` give the :class:`Sealed` itself, whose
``str`` is the mask: plain text never leaves by accident.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, cast

from django.core import checks
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import pre_save

from denghuo.core.privacy.masking import mask
from denghuo.core.privacy.sealing import blind_index, checked, open_sealed, seal

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    AnyField = models.Field[Any, Any]
    BinaryBase = models.BinaryField[Any, Any]
    CharBase = models.CharField[Any, Any]
    TextBase = models.TextField[Any, Any]
else:
    AnyField, BinaryBase, CharBase, TextBase = models.Field, models.BinaryField, models.CharField, models.TextField

_MIGRATION_MODULE = "__fake__"  # the module name Django gives to models rebuilt from migrations
INDEX_SUFFIX = "_bidx"


class Sealed:
    """A value as the database holds it. ``open()`` gives the plain text; ``str()`` only its mask."""

    __slots__ = ("classification", "path", "token")

    def __init__(self, path: str, classification: str, token: str) -> None:
        self.path, self.classification, self.token = path, classification, token

    def open(self) -> str:
        """The plain text; raises :class:`~denghuo.core.privacy.keys.PrivacyError` when it cannot be opened."""
        return open_sealed(self.path, self.token)

    def __str__(self) -> str:
        return mask(self.classification, self.open())

    def __repr__(self) -> str:
        return f"<Sealed {self.path}>"


class EncryptedAttribute(DeferredAttribute):
    """The model attribute: opens a :class:`Sealed` on first access and keeps the plain text on the instance."""

    field: EncryptedField

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        value = instance.__dict__.get(name, self)
        if value is self:  # deferred by only()/defer(): the parent class loads it
            value = super().__get__(instance, cls)
        if isinstance(value, Sealed):
            value = instance.__dict__[name] = value.open()
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        field = self.field
        instance.__dict__[field.attname] = value
        # On a loaded row the index follows at once, so that save() of a row read with only() writes both or neither.
        if field.blind_index and not instance._state.adding and (value is None or isinstance(value, str)):
            instance.__dict__[field.name + INDEX_SUFFIX] = blind_index(field.classification, value)


class BlindIndexField(BinaryBase):
    """Companion column of an encrypted field: HMAC-SHA256 of its normalised value. Declared by that field alone."""

    def __init__(self, *, source: str, classification: str, **kwargs: Any) -> None:
        self.source, self.classification = source, checked(classification)
        kwargs.setdefault("null", True)
        kwargs.setdefault("db_index", True)
        kwargs["editable"] = False
        super().__init__(**kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("editable", None)
        kwargs |= {
            "source": self.source,
            "classification": self.classification,
            "db_index": bool(vars(self)["db_index"]),
        }
        return name, path, list(args), kwargs

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        # The source field already added it (abstract parents and history models list both).
        if any(field.name == name for field in cls._meta.local_fields):
            return
        super().contribute_to_class(cls, name, private_only)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        present = model_instance.__dict__.get(self.attname)
        if isinstance(model_instance.__dict__.get(self.source), Sealed) and present is not None:
            return present  # untouched since it was read: the index still fits
        computed = blind_index(self.classification, getattr(model_instance, self.source))
        setattr(model_instance, self.attname, computed)
        return computed


class EncryptedField(AnyField):
    """Behaviour shared by the encrypted fields; see the module's description.

    ``path`` names the column in the authenticated data and defaults to ``app.model.field``. It is part of the
    migration state, so renaming a model or field shows up there: give the old ``path`` to keep its data readable.
    """

    descriptor_class = EncryptedAttribute

    def __init__(
        self, *args: Any, classification: str, blind_index: bool = False, path: str | None = None, **kwargs: Any
    ) -> None:
        self.classification = checked(classification)
        self.blind_index = blind_index
        self.path = path
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        kwargs["classification"] = self.classification
        if self.blind_index:
            kwargs["blind_index"] = True
        if self.path is not None:
            kwargs["path"] = self.path
        return name, path, list(args), kwargs

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        if self.path is None and not cls._meta.abstract:
            self.path = f"{cls._meta.label_lower}.{name}"
        if not self.blind_index or cls.__module__ == _MIGRATION_MODULE:
            return  # a migration's state lists the companion by itself
        companion = name + INDEX_SUFFIX
        if all(field.name != companion for field in cls._meta.local_fields):
            BlindIndexField(source=name, classification=self.classification).contribute_to_class(cls, companion)
        if not cls._meta.abstract:
            pre_save.connect(_require_companions, sender=cls, dispatch_uid="denghuo.privacy")

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        problems = list(super().check(**kwargs))
        if self.unique or vars(self)["db_index"]:
            problems.append(
                checks.Error(
                    "An encrypted column cannot be indexed or unique: every sealing of a value differs.",
                    hint=f"Put the constraint on {self.name}{INDEX_SUFFIX} (blind_index=True).",
                    obj=self,
                    id="denghuo.E001",
                )
            )
        return problems

    def get_internal_type(self) -> str:
        return "TextField"  # sealed text is longer than max_length, which limits the plain text

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sealed | str | None:
        return Sealed(cast(str, self.path), self.classification, value) if value else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, Sealed):
            return value.open()
        return value if value is None or isinstance(value, str) else str(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = model_instance.__dict__.get(self.attname, self)
        if value is self:
            value = getattr(model_instance, self.attname)
        if hasattr(value, "resolve_expression"):
            raise FieldError(f"{self.path}: a database expression cannot be sealed; assign a plain value")
        return self.sealed(value)

    def sealed(self, value: Any) -> Sealed | str | None:
        """``value`` as it goes to the database; a :class:`Sealed` of this column is passed on without opening it."""
        if isinstance(value, Sealed):
            return value if value.path == self.path else self.sealed(value.open())
        text = self.to_python(value)
        if not text:
            return cast("str | None", text)
        path = cast(str, self.path)
        return Sealed(path, self.classification, seal(path, text))

    def get_prep_value(self, value: Any) -> Any:
        return value

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if isinstance(value, Sealed) and value.path == self.path:
            return value.token
        if value and self.blind_index:
            # update() and bulk_update() never reach pre_save, so the companion would keep the old value's index.
            raise FieldError(
                f"{self.path} has a blind index: save() the object, or update(**sealed_columns(Model, {self.name}=…))"
            )
        value = self.sealed(value)
        return value.token if isinstance(value, Sealed) else value

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        return value.token if isinstance(value, Sealed) else value

    def get_lookup(self, lookup_name: str) -> Any:
        # "df" (is distinct from) is how history triggers compare a row's old and new tokens.
        if lookup_name in {"isnull", "df"}:
            return super().get_lookup(lookup_name)
        return self._refuse_lookup(lookup_name)

    def get_transform(self, lookup_name: str) -> NoReturn:
        self._refuse_lookup(lookup_name)

    def _refuse_lookup(self, lookup_name: str) -> NoReturn:
        call = f'filter({self.name}{INDEX_SUFFIX}=blind_index("{self.classification}", value))'
        way = f"use {call}" if self.blind_index else "declare it with blind_index=True to look values up exactly"
        raise FieldError(
            f"{self.path} is encrypted and cannot be compared ({lookup_name}): {way}; {self.name}__isnull works"
        )

    def value_to_string(self, obj: models.Model) -> str:
        # Fixtures must not become a leak; back up with pg_dump, which keeps what is sealed sealed.
        return mask(self.classification, self.value_from_object(obj))


class EncryptedCharField(EncryptedField, CharBase):
    """One line of personal data; ``max_length`` limits the plain text in characters."""


class EncryptedTextField(EncryptedField, TextBase):
    """Free text that may hold personal data."""


def encrypted_fields(model: type[models.Model]) -> list[EncryptedField]:
    """The encrypted fields of ``model``."""
    return [field for field in model._meta.concrete_fields if isinstance(field, EncryptedField)]


def sealed_columns(model: type[models.Model], **values: str | None) -> dict[str, Any]:
    """Arguments for ``QuerySet.update``: each encrypted value sealed, its blind index beside it."""
    columns: dict[str, Any] = {}
    for name, value in values.items():
        field = model._meta.get_field(name)
        if not isinstance(field, EncryptedField):
            raise FieldError(f"{model._meta.label}.{name} is not an encrypted field")
        columns[name] = field.sealed(value)
        if field.blind_index:
            columns[name + INDEX_SUFFIX] = blind_index(field.classification, value)
    return columns


def _require_companions(sender: type[models.Model], update_fields: frozenset[str] | None = None, **_: Any) -> None:
    """``save(update_fields=["phone"])`` would leave ``phone_bidx`` on the old number: refuse it."""
    if not update_fields:
        return
    for field in encrypted_fields(sender):
        companion = field.name + INDEX_SUFFIX
        if field.blind_index and field.name in update_fields and companion not in update_fields:
            raise FieldError(f"save(update_fields=…) with {field.name!r} must name {companion!r} too")
