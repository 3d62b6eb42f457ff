"""What the lake's exporter remembers in the database."""

from __future__ import annotations

from django.db import models

from denghuo.core.events.cursor import Cursor


class LakeBatch(models.Model):
    """A stretch of the log that goes to the lake in one commit, fixed before it is written.

    ``number`` is the version of the Delta transaction that carries it. Whether it is in the lake the lake itself says; a batch
    planned and not there is written again with the same bounds, and the bounds never hold other events: they end below the
    horizon of the log.
    """

    number = models.BigIntegerField(primary_key=True)
    from_xid = models.BigIntegerField()
    from_id = models.BigIntegerField()
    to_xid = models.BigIntegerField()
    to_id = models.BigIntegerField()
    events = models.BigIntegerField()
    planned_at = models.DateTimeField()

    class Meta:
        db_table = "core_lakebatch"

    def __str__(self) -> str:
        return f"{self.number}: {self.after} – {self.last}"

    @property
    def after(self) -> Cursor:
        """The batch begins behind this place."""
        return Cursor(self.from_xid, self.from_id)

    @property
    def last(self) -> Cursor:
        """The place of its last event."""
        return Cursor(self.to_xid, self.to_id)


class LakeErasure(models.Model):
    """A subject whose events up to ``until`` were taken out of the lake and must not come back when it is written anew."""

    subject_kind = models.TextField()
    subject_id = models.BigIntegerField()
    until = models.DateTimeField()
    reason = models.CharField(max_length=200)
    events = models.BigIntegerField(help_text="Rows taken out")
    erased_at = models.DateTimeField()

    class Meta:
        db_table = "core_lakeerasure"
        indexes = [models.Index(fields=["subject_kind", "subject_id"], name="core_lakeerasure_subject")]

    def __str__(self) -> str:
        return f"{self.subject_kind}:{self.subject_id}"
