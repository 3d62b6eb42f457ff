"""What background work leaves behind: effects that happened once, and how far a long job has come."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobEffect(models.Model):
    """Proof that an effect took place. Written in the same transaction as the effect; the key is unique."""

    key = models.CharField(max_length=200, primary_key=True)
    job_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        db_table = "core_jobeffect"

    def __str__(self) -> str:
        return self.key


class JobState(models.TextChoices):
    WAITING = "waiting", _("等待中")
    RUNNING = "running", _("进行中")
    DONE = "done", _("已完成")
    FAILED = "failed", _("失败")
    CANCELLED = "cancelled", _("已取消")


class JobProgress(models.Model):
    """How far a job has come, for people to watch and to stop it."""

    job_id = models.BigIntegerField(primary_key=True)
    label = models.CharField(_("任务"), max_length=200)
    done = models.BigIntegerField(_("已处理"), default=0)
    total = models.BigIntegerField(_("总数"), null=True)
    state = models.CharField(_("状态"), max_length=16, choices=JobState, default=JobState.WAITING)
    cancel_requested = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "core_jobprogress"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.label} {self.done}/{self.total or '?'}"

    @property
    def percent(self) -> int | None:
        """Whole per cent done; None while the total is unknown."""
        return None if not self.total else min(100, self.done * 100 // self.total)
