"""Enumerations of links between requests."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class LinkKind(models.TextChoices):
    """How a request has to do with another; read from the first to the second."""

    SAME_MATTER = "same_matter", _("同一事项")
    FOLLOW_UP = "follow_up", _("后续诉求")
    CAUSED_BY = "caused_by", _("由其引起")
    SPLIT = "split", _("拆分自")
    RELATED = "related", _("相关")


#: kinds with a direction: no request may come round to itself along one of them
DIRECTED = (LinkKind.FOLLOW_UP, LinkKind.CAUSED_BY, LinkKind.SPLIT)

#: the same link read from the second request
REVERSED = {
    LinkKind.SAME_MATTER: _("同一事项"),
    LinkKind.FOLLOW_UP: _("有后续诉求"),
    LinkKind.CAUSED_BY: _("引起"),
    LinkKind.SPLIT: _("拆分出"),
    LinkKind.RELATED: _("相关"),
}


class RepeatKind(models.TextChoices):
    """Why a matter stands on the list of repeated matters."""

    CONTACTS = "contacts", _("多次来电")
    COMPLAINT = "complaint", _("重复投诉")


class OutageBand(models.TextChoices):
    """How often an area lost its supply in the window."""

    FREQUENT = "frequent", _("频繁停电")
    WORSE = "worse", _("严重频繁停电")
