"""Move stored values to the active key, and rebuild blind indexes."""

from __future__ import annotations

from typing import Any

from django.db import connections, models, router, transaction
from psycopg import sql

from denghuo.core.privacy import keys
from denghuo.core.privacy.fields import INDEX_SUFFIX, EncryptedField, encrypted_fields
from denghuo.core.privacy.sealing import VERSION, blind_index, open_sealed, seal


def reencrypt(model: type[models.Model], batch: int = 500, *, reindex: bool = False) -> int:
    """Re-seal every value of ``model`` that another than the active key sealed; returns how many.

    Each batch is one transaction, and a stopped run is taken up by the next one. ``reindex=True`` also rewrites the
    blind index of every row, which is needed after the index secret changed. Raises
    :class:`~denghuo.core.privacy.keys.PrivacyError` at a value that cannot be opened, keeping the batches before it.
    """
    return sum(_reseal(model, field, batch, reindex) for field in encrypted_fields(model))


def _reseal(model: type[models.Model], field: EncryptedField, batch: int, reindex: bool) -> int:
    alias = router.db_for_write(model)
    done, last = 0, None
    while True:
        with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
            cursor.execute(*_page(model, field, batch, reindex, last))
            rows = cursor.fetchall()
            if not rows:
                return done
            cursor.executemany(_update(model, field), [_resealed(field, pk, token) for pk, token in rows])
        done += len(rows)
        last = rows[-1][0]


def _page(
    model: type[models.Model], field: EncryptedField, batch: int, reindex: bool, last: Any
) -> tuple[sql.Composed, list[Any]]:
    """The next rows to re-seal in primary-key order, locked so that a concurrent save is not overwritten."""
    column, pk = sql.Identifier(str(field.column)), sql.Identifier(str(model._meta.pk.column))
    conditions, params = [sql.SQL("{c} <> ''").format(c=column)], []
    if not (reindex and field.blind_index):
        conditions.append(sql.SQL("{c} NOT LIKE %s").format(c=column))
        params.append(f"{VERSION}:{keys.keyring().active}:%")
    if last is not None:
        conditions.append(sql.SQL("{pk} > %s").format(pk=pk))
        params.append(last)
    query = sql.SQL("SELECT {pk}, {c} FROM {t} WHERE {w} ORDER BY {pk} LIMIT %s FOR UPDATE").format(
        pk=pk, c=column, t=sql.Identifier(model._meta.db_table), w=sql.SQL(" AND ").join(conditions)
    )
    return query, [*params, batch]


def _update(model: type[models.Model], field: EncryptedField) -> sql.Composed:
    changes = [sql.SQL("{} = %s").format(sql.Identifier(str(field.column)))]
    if field.blind_index:
        companion = model._meta.get_field(field.name + INDEX_SUFFIX)
        changes.append(sql.SQL("{} = %s").format(sql.Identifier(str(getattr(companion, "column")))))  # noqa: B009
    return sql.SQL("UPDATE {t} SET {s} WHERE {pk} = %s").format(
        t=sql.Identifier(model._meta.db_table),
        s=sql.SQL(", ").join(changes),
        pk=sql.Identifier(str(model._meta.pk.column)),
    )


def _resealed(field: EncryptedField, pk: Any, token: str) -> list[Any]:
    path = str(field.path)
    plain = open_sealed(path, token)
    index = [blind_index(field.classification, plain)] if field.blind_index else []
    return [seal(path, plain), *index, pk]
