"""Reads of the learning loop."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from denghuo.apps.knowledge.learning.choices import ClusterState
from denghuo.apps.knowledge.models import Asked, QuestionCluster, UnknownQuestion
from denghuo.apps.knowledge.queries import EDIT, PUBLISH, REVIEW, VIEW
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound

WORK = (EDIT, REVIEW, PUBLISH)


def asked(actor: Actor) -> QuerySet[Asked]:
    """Questions of the units whose base the actor works on, and those without a place (index
    ``knowledge_asked_newest``)."""
    own = Q(org=None)
    for permission in WORK:
        for path in actor.paths_for(permission):
            own |= Q(org__path__startswith=path)
    return Asked.objects.filter(own)


def clusters(state: str = ClusterState.OPEN) -> QuerySet[QuestionCluster]:
    """Groups in a state, most asked first (index ``knowledge_cluster_work``)."""
    return QuestionCluster.objects.filter(state=state).order_by("-times", "-last_at", "pk")


def cluster(cluster_id: int) -> QuestionCluster:
    """One group. Raises NotFound."""
    row = QuestionCluster.objects.filter(pk=cluster_id).first()
    if row is None:
        raise NotFound()
    return row


def loose(limit: int = 200) -> QuerySet[UnknownQuestion]:
    """Undecided wordings that are in no group, most asked first (index ``knowledge_unknown_open``)."""
    return UnknownQuestion.objects.filter(cluster=None, decision="").exclude(text="").order_by("-times", "pk")[:limit]


__all__ = ["VIEW", "WORK", "asked", "cluster", "clusters", "loose"]
