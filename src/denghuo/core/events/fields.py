"""PostgreSQL's 64-bit transaction id as a Django field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.expressions import Expression

    _Base = models.Field[int, int]
else:
    _Base = models.Field


class Xid8Field(_Base):
    """A column of type ``xid8``; Python sees an ``int``.

    psycopg has no adapter for the type and the type has no cast from numbers, so values travel as text. Only
    PostgreSQL writes it (``pg_current_xact_id()``): it is not for the application to choose.
    """

    description = "64-bit transaction id"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "xid8"

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else str(int(value))

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        return value if prepared else self.get_prep_value(value)

    def from_db_value(self, value: Any, expression: Expression, connection: BaseDatabaseWrapper) -> int | None:
        return None if value is None else int(value)

    def to_python(self, value: Any) -> int | None:
        return None if value is None else int(value)
