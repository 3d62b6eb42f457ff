"""Background work of the search: vectors of new texts, and forgetting what was asked long ago."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.knowledge.actions.asking import forget_asked
from denghuo.apps.knowledge.models import SearchProcess
from denghuo.apps.knowledge.searching import filling, vectors
from denghuo.apps.knowledge.searching.following import newest_change
from denghuo.core import jobs, moment, policies
from denghuo.core.actors import Actor

DAY = dt.timedelta(days=1)
_done: dict[str, tuple[str, int]] = {}  # what this worker has filled up to: embedder, number of the change


@jobs.job(name="knowledge.fill_vectors", retries=2, lock="knowledge.vectors")
def fill_vectors() -> None:
    """Make the vectors that are missing, with progress; may be cancelled, and goes on where it stopped."""
    _fill()


@jobs.periodic(30, name="knowledge.vectors_due")
def vectors_due() -> None:
    """Make the vectors of what was published since. One indexed read when nothing was."""
    if vectors.wanted() == "none":
        return
    state = (vectors.wanted(), newest_change())
    if _done.get("at") != state:
        _fill()
        _done["at"] = state


def _fill() -> None:
    model = vectors.embedder()
    if model is None:
        return
    lacking = filling.missing(model.name, filling.all_texts())
    if lacking:
        filling.fill(lacking, jobs.progress(_("计算知识向量"), len(lacking)))


@jobs.periodic("17 3 * * *", name="knowledge.forget_asked", retries=2)
def forget_old_questions() -> None:
    """Empty the texts of questions older than ``knowledge.asked_days``; drop index processes not heard of for a day."""
    before = moment.now() - dt.timedelta(days=policies.get("knowledge.asked_days"))
    while forget_asked(Actor.system("knowledge.forget"), before=before):
        pass
    SearchProcess.objects.filter(seen_at__lt=timezone.now() - DAY).delete()
