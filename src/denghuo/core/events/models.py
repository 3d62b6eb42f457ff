"""Tables of the event log. Their DDL is in migration ``0002_events``: Django has no partitioned tables of its own."""

from __future__ import annotations

from typing import NoReturn

from django.contrib.postgres.fields import ArrayField
from django.db import models

from denghuo.core.events.cursor import Cursor
from denghuo.core.events.fields import Xid8Field


class Event(models.Model):
    """One thing that happened. Written by :func:`denghuo.core.events.record`, never changed afterwards.

    The table is partitioned by month of ``at`` and refuses UPDATE and DELETE; retention detaches whole months
    (:func:`denghuo.core.events.partitions.detach_month`). ``id`` is unique because one sequence feeds all partitions.
    """

    id = models.BigAutoField(primary_key=True)
    xid = Xid8Field(editable=False)
    at = models.DateTimeField()
    kind = models.TextField()
    version = models.SmallIntegerField(default=1)
    subject_kind = models.TextField()
    subject_id = models.BigIntegerField()
    org_id = models.BigIntegerField(null=True)
    org_path = models.TextField(default="")
    actor_kind = models.TextField()
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.TextField(default="")
    payload = models.JSONField(default=dict)
    topics = ArrayField(models.TextField(), default=list)
    correlation = models.UUIDField(null=True)

    class Meta:
        db_table = "core_event"

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_kind}:{self.subject_id}"

    @property
    def cursor(self) -> Cursor:
        """The place of this event in the log."""
        return Cursor(self.xid, self.id)

    def save(self, *args: object, **kwargs: object) -> NoReturn:
        raise TypeError("events are written by denghuo.core.events.record and never changed")

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        raise TypeError("events are never deleted; retention detaches whole months")


class ConsumerCursor(models.Model):
    """How far one subscriber has come. Its row lock is what keeps two relays from running it at once."""

    name = models.CharField(max_length=80, primary_key=True)
    xid = models.BigIntegerField(default=0)
    event_id = models.BigIntegerField(default=0)
    failing_event_id = models.BigIntegerField(null=True)
    attempts = models.SmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    paused = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "core_consumercursor"

    def __str__(self) -> str:
        return f"{self.name} @ {self.cursor}"

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.xid, self.event_id)

    @cursor.setter
    def cursor(self, value: Cursor) -> None:
        self.xid, self.event_id = value


class DeadEvent(models.Model):
    """An event a subscriber could not handle; it waits here for somebody, and the subscriber has gone on.

    ``error`` holds the kind of error and the places in the code, never the error's message: messages quote data.
    """

    consumer = models.CharField(max_length=80)
    event_id = models.BigIntegerField()
    event_xid = models.BigIntegerField()
    event_at = models.DateTimeField()
    kind = models.TextField()
    attempts = models.SmallIntegerField()
    error = models.TextField()
    parked_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "core_deadevent"
        constraints = [models.UniqueConstraint(fields=["consumer", "event_id"], name="core_deadevent_once")]

    def __str__(self) -> str:
        return f"{self.consumer}: {self.kind} {self.event_id}"
