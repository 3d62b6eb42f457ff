"""What each process that searches holds in memory."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class SearchProcess(models.Model):
    """One process with an index of the base in memory (检索进程), as it said last: how much it holds and how far it has come.

    ``change`` is the number of the last change of the base it took in; ``lag_ms`` the time from that change to the moment
    it could be found here, ``sync_ms`` how long taking it in took. Rows not heard of for a day are deleted.
    """

    name = models.CharField(_("进程"), max_length=80, unique=True, help_text="Host and process number")
    entries = models.PositiveIntegerField(_("条目"), default=0)
    texts = models.PositiveIntegerField(_("文本"), default=0, help_text="Wordings and passages")
    vectors = models.PositiveIntegerField(_("向量"), default=0, help_text="Texts whose vector is in memory")
    model = models.CharField(_("向量模型"), max_length=40, blank=True)
    change = models.BigIntegerField(default=0)
    applied_at = models.DateTimeField(_("最近更新"), null=True, blank=True)
    lag_ms = models.PositiveIntegerField(_("延迟"), null=True, blank=True)
    sync_ms = models.PositiveIntegerField(default=0)
    searches = models.PositiveIntegerField(_("检索次数"), default=0)
    started_at = models.DateTimeField(_("启动时间"))
    seen_at = models.DateTimeField(_("最近心跳"))

    class Meta:
        verbose_name = _("检索进程")
        indexes = [models.Index(fields=["-seen_at"], name="knowledge_process_seen")]

    def __str__(self) -> str:
        return self.name
