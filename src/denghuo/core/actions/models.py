"""Remembered answers of external writes."""

from django.db import models


class IdempotencyKey(models.Model):
    """One external write that has taken effect, with the answer it got.

    The row is written in the transaction of the effect, so a caller that lost the answer may send the same call again
    and gets the first answer; the effect happens once.
    """

    caller = models.CharField(max_length=64)
    key = models.CharField(max_length=100)
    name = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    response = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="core_idempotency_caller_key")]
