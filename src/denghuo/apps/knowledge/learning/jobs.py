"""Background work of the learning loop."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from denghuo.apps.knowledge.learning import sources
from denghuo.apps.knowledge.learning.choices import RunState
from denghuo.apps.knowledge.learning.gathering import forget, gather, group
from denghuo.apps.knowledge.learning.grouping import Floats
from denghuo.apps.knowledge.learning.mining import mine_source
from denghuo.apps.knowledge.models import MinedOnce, UnknownQuestion
from denghuo.apps.knowledge.searching import vectors
from denghuo.core import jobs, moment, policies
from denghuo.core.actors import Actor
from denghuo.engine.retrieval import Embedder

EMBED = 64


@jobs.job(name="knowledge.learning.gaps", retries=2, lock="knowledge.learning.gaps")
def find_gaps() -> None:
    """Gather, mine and group, with progress; may be cancelled: what is done stays, and the next run goes on there."""
    _find_gaps()


@jobs.periodic("41 3 * * *", name="knowledge.learning.nightly", retries=2)
def nightly() -> None:
    """Every night: forget what is too old, then as :func:`find_gaps`."""
    before = moment.now() - dt.timedelta(days=policies.get("knowledge.asked_days"))
    forget(Actor.system("knowledge.learning"), before=before)
    _find_gaps()


def _find_gaps() -> None:
    actor = Actor.system("knowledge.learning")
    marks = dict(MinedOnce.objects.values_list("source", "last_id"))
    total = sum(source.count(marks.get(source.origin, 0)) for source in sources.registered())
    progress = jobs.progress(_("查找知识缺口"), total + 2)
    gather(actor)
    progress.advance()
    for source in sources.registered():
        mine_source(source, progress)
    group(actor, _vectors(progress))
    progress.advance()
    progress.write()


def _vectors(progress: jobs.Progress) -> dict[str, Floats] | None:
    """Vectors of the undecided wordings; None without an embedder."""
    model = vectors.embedder()
    if model is None:
        return None
    most = policies.get("knowledge.learning.most_texts")
    rows = UnknownQuestion.objects.filter(decision="").exclude(text="").order_by("-last_at", "pk")
    texts = list(dict.fromkeys(rows.values_list("text", flat=True)[: 2 * most]))
    return embedded(model, texts, progress)


def embedded(model: Embedder, texts: list[str], progress: jobs.Progress | None = None) -> dict[str, Floats]:
    """Vectors of redacted texts as questions, each computed once and kept."""
    named = f"{model.name}?"  # kept beside those of the base: a question's vector is not a text's
    found = vectors.kept(named, texts)
    missing = [text for text in texts if text not in found]
    for part in vectors.chunks(missing, EMBED):
        rows = model.embed(part, query=True)
        vectors.keep(named, part, rows)
        found |= dict(zip(part, rows, strict=True))
        if progress is not None:
            progress.check()
    return found


@jobs.job(name="knowledge.learning.train", retries=0, lock="knowledge.learning.train")
def train(run_id: int) -> None:
    """Train and measure; see :func:`denghuo.apps.knowledge.learning.training.run`."""
    from denghuo.apps.knowledge.learning import training

    actor = Actor.system("knowledge.learning")
    try:
        training.run(actor, run_id, jobs.progress(_("训练模型"), training.STEPS))
    except jobs.Cancelled:
        training.end_run(actor, run_id, RunState.CANCELLED)
        raise
    except Exception:
        training.end_run(actor, run_id, RunState.FAILED, note=_("训练出错，请查看日志后重试"))
        raise
