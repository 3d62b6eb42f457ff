"""Training on the base and on what was chosen, measured before and after on the frozen set.

A trained model is only a candidate; a person releases it, and only one that is better can be.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from django.utils.translation import gettext as _

from denghuo.apps.knowledge import queries
from denghuo.apps.knowledge.choices import AskedBy, LearnedKind
from denghuo.apps.knowledge.learned import current, keep_candidate
from denghuo.apps.knowledge.learning import sources
from denghuo.apps.knowledge.learning.choices import RunState
from denghuo.apps.knowledge.learning.frozen import set_name, sync_frozen
from denghuo.apps.knowledge.learning.gathering import only_the_product
from denghuo.apps.knowledge.learning.measuring import better_share, by_scene, figures, results, right, surely_better
from denghuo.apps.knowledge.models import Asked, FrozenCase, LearnedModel, StandardQuestion, TrainingRun
from denghuo.apps.knowledge.searching import deciding, vectors
from denghuo.apps.knowledge.searching.texts import entry_of, texts_of
from denghuo.core import jobs, moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events import record
from denghuo.engine.retrieval import Found, Thresholds
from denghuo.engine.retrieval.deciding import Judged, calibrate
from denghuo.engine.retrieval.types import Floats

if TYPE_CHECKING:  # with numerical libraries: only the job that trains loads them
    from denghuo.engine.retrieval import Index, Ranker
    from denghuo.engine.retrieval.training import Example

STEPS: Final = 6
KINDS: Final = (LearnedKind.RANKER, LearnedKind.INTENT)
MOST_FEEDBACK: Final = 3000
MOST_CHANGED: Final = 200
MOST_LEFT_OUT: Final = 600  # wordings looked for without themselves: enough for a dozen weights, minutes saved
EVERYDAY: Final = 8  # each so many of the everyday sentences is taught: enough for a dozen weights
FEWEST_LABELS: Final = 40
HELD_OUT: Final = 0.3
TOPICS = ["knowledge"]


@action("learning.ask_training")
def ask_training(actor: Actor, kind: str) -> TrainingRun:
    """Start a training as a job. Raises NotAllowed (``knowledge.edit`` somewhere), InvalidInput, Conflict when one of the
    kind waits or runs."""
    from denghuo.apps.knowledge.learning.jobs import train

    if not actor.can_somewhere(queries.EDIT):
        raise NotAllowed()
    if kind not in KINDS:
        raise InvalidInput({"kind": [_("没有这种训练")]})
    open_runs = TrainingRun.objects.filter(kind=kind, state__in=[RunState.WAITING, RunState.RUNNING])
    if open_runs.exists():
        raise Conflict(_("这种训练正在进行，请等它结束"))
    run_row = TrainingRun.objects.create(
        kind=kind, by_id=actor.id if actor.kind == "staff" else None, asked_at=moment.now()
    )
    run_row.job_id = jobs.enqueue(train, run_id=run_row.pk)
    run_row.save(update_fields=["job_id"])
    jobs.announce(run_row.job_id, _("训练模型"), STEPS)
    record(actor, "learning.training_asked", run_row, org=None, topics=TOPICS, payload={"kind": str(kind)})
    return run_row


@action("learning.end_training")
def end_run(actor: Actor, run_id: int, state: str, *, model: LearnedModel | None = None, note: str = "") -> TrainingRun:
    """Write how a training ended. Only the product itself may. Raises NotFound."""
    only_the_product(actor)
    row = TrainingRun.objects.select_for_update().filter(pk=run_id).first()
    if row is None:
        raise NotFound()
    row.state, row.ended_at, row.model, row.note = state, moment.now(), model, note
    row.save()
    payload = {"kind": row.kind, "state": str(state), "model_id": model.pk if model else None}
    record(actor, "learning.training_ended", row, org=None, topics=TOPICS, payload=payload)
    return row


def run(actor: Actor, run_id: int, progress: jobs.Progress) -> LearnedModel | None:
    """Train, measure, keep the candidate; None, with a note in the run, when there is too little to learn from."""
    TrainingRun.objects.filter(pk=run_id).update(state=RunState.RUNNING)
    kind = TrainingRun.objects.values_list("kind", flat=True).get(pk=run_id)
    made = _ranker(progress) if kind == LearnedKind.RANKER else _intent(progress)
    if made is None:
        end_run(actor, run_id, RunState.DONE, note=_("可学习的样本太少，没有生成新模型"))
        return None
    artifact, card = made
    model = keep_candidate(actor, kind, artifact, card)
    end_run(actor, run_id, RunState.DONE, model=model)
    progress.write()
    return model


def feedback(exclude: set[str]) -> list[tuple[str, set[int]]]:
    """Questions with the answer that was taken and not called useless, newest first; the frozen set's are left out."""
    rows = Asked.objects.filter(chosen__isnull=False, chosen__active=True).exclude(solved=False).exclude(text="")
    rows = rows.exclude(by=AskedBy.EDITOR).exclude(digest__in=exclude).order_by("-at")
    wanted: dict[str, set[int]] = {}
    for text, chosen in rows.values_list("text", "chosen_id")[:MOST_FEEDBACK]:
        wanted.setdefault(text, set()).add(chosen)
    return list(wanted.items())


def _ranker(progress: jobs.Progress) -> tuple[bytes, dict[str, Any]] | None:
    sync_frozen()
    cases = list(FrozenCase.objects.filter(active=True))
    rows = list(queries.in_force(None).order_by("pk"))
    if not rows:
        return None
    index, embed = indexed(rows)
    progress.advance()
    frozen = {case.digest for case in cases}
    pairs = feedback(frozen)
    start = deciding.ranker()
    examples = {flag: _examples(index, pairs, embed if flag else None) for flag in {False, embed is not None}}
    progress.advance()
    from denghuo.engine.retrieval import Ranker
    from denghuo.engine.retrieval.training import fitted

    plain = fitted(examples[False], start.plain)
    meaning = fitted(examples[True], start.meaning) if embed is not None else start.meaning
    ranker = Ranker(plain, meaning, f"trained on {len(examples[False])} questions, {len(pairs)} of them chosen answers")
    progress.advance()
    limits = calibrate(
        [_judged(one, ranker, embed is not None) for one in examples[embed is not None]], start=deciding.thresholds()
    )
    progress.advance()
    card = _measured(index, embed, cases, rows, (start, deciding.thresholds()), (ranker, limits))
    progress.advance()
    card["trained_on"] = {"entries": len(rows), "questions": len(examples[False]), "chosen": len(pairs)}
    card["thresholds"] = {name: getattr(limits, name) for name in ("answer", "choices", "margin")}
    progress.advance()
    return ranker.to_bytes(), card


Embed = Callable[[Sequence[str]], Floats]


def indexed(rows: Sequence[StandardQuestion]) -> tuple[Index, Embed | None]:
    """An index of its own over the rows, and the maker of question vectors where there is an embedder."""
    from denghuo.apps.knowledge.learning.jobs import embedded

    model = vectors.embedder()
    entries = [entry_of(row) for row in rows]
    from denghuo.engine.retrieval import Index

    index = Index()
    if model is None:
        index.put(entries)
        return index, None
    index.put(entries, vectors.kept(model.name, {text for entry in entries for text in texts_of(entry)}))
    if not index.wordings.dense.count:
        return index, None

    def embed(texts: Sequence[str]) -> Floats:
        found = embedded(model, list(dict.fromkeys(texts)))
        return np.stack([found[text] for text in texts])

    return index, embed


def _examples(index: Index, pairs: list[tuple[str, set[int]]], embed: Embed | None) -> list[Example]:
    """The base itself, one wording left out at a time, what was chosen, and everyday sentences the base does not answer:
    without those it would unlearn to refuse."""
    from denghuo.engine.retrieval.everyday import known_strangers
    from denghuo.engine.retrieval.training import from_base, from_pairs, from_strangers

    found = from_base(index, with_vectors=embed is not None, most=MOST_LEFT_OUT)
    found += from_pairs(index, pairs, embed) if pairs else []
    return found + from_strangers(index, known_strangers()[::EVERYDAY], embed, len(found))


def _judged(example: Example, ranker: Ranker, with_vectors: bool) -> Judged:
    scores = ranker.scores(example.figures, with_vectors=with_vectors)
    order = np.argsort(-scores, kind="stable")
    places = np.flatnonzero(example.right[order])
    return Judged(
        tuple(float(scores[place]) for place in order[:10]),
        int(places[0]) if len(places) else None,
        bool(example.right.any()),
    )


def _measured(
    index: Index,
    embed: Embed | None,
    cases: list[FrozenCase],
    rows: Sequence[StandardQuestion],
    before: tuple[Ranker, Thresholds],
    after: tuple[Ranker, Thresholds],
) -> dict[str, Any]:
    """The card: figures on the frozen set with the old and the new weights, how sure the difference is, what changes."""
    keys = {row.code: row for row in rows}
    cases = [case for case in cases if not case.code or case.code in keys]
    wanted = [keys[case.code].pk if case.code else None for case in cases]
    texts = [case.text for case in cases]
    rows_of = embed(texts) if embed is not None and texts else None
    by_text = {text: rows_of[at] if rows_of is not None else None for at, text in enumerate(texts)}

    def search(ranker: Ranker, text: str) -> list[Found]:
        return index.search(text, vector=by_text[text], ranker=ranker, limit=10)

    old, new = (results(functools.partial(search, ranker), texts, limits) for ranker, limits in (before, after))
    old_right, new_right = right(old, wanted), right(new, wanted)
    sure = better_share(old_right, new_right, resamples=policies.get("knowledge.learning.resamples"))
    scenes = [keys[case.code].scene if case.code else "" for case in cases]
    names = {row.pk: row.question for row in rows}
    changed = [
        {
            "text": text,
            "wanted": names.get(want) if want is not None else None,
            "before": [names.get(one.ids[0]) if one.ids else None, one.outcome],
            "after": [names.get(two.ids[0]) if two.ids else None, two.outcome],
            "better": int(now) - int(then),
        }
        for text, want, one, two, then, now in zip(texts, wanted, old, new, old_right, new_right, strict=True)
        if one.ids[:1] != two.ids[:1] or one.outcome != two.outcome
    ]
    then, now = figures(old, wanted), figures(new, wanted)
    return {
        "purpose": "ranker",
        "frozen": {
            "set": set_name(cases),
            "n": len(cases),
            "measure": _("处理正确的比例"),
            "before": round(then.overall, 4),
            "after": round(now.overall, 4),
        },
        "before": then.plain(),
        "after": now.plain(),
        "sure": round(sure, 4),
        "better": surely_better(
            old_right,
            new_right,
            np.array([want is None for want in wanted]),
            sure=policies.get("knowledge.learning.sure"),
            resamples=policies.get("knowledge.learning.resamples"),
        ),
        "with_vectors": embed is not None,
        "scenes": {"before": by_scene(old_right, scenes), "after": by_scene(new_right, scenes)},
        "changed": sorted(changed, key=lambda one: (-one["better"], one["text"]))[:MOST_CHANGED],
    }


def _intent(progress: jobs.Progress) -> tuple[bytes, dict[str, Any]] | None:
    """Shipped utterances and what people made of conversations; measured on the newest conversations, kept apart."""
    from denghuo.engine.language import shipped
    from denghuo.engine.language.intents import train_intents

    pairs = list(dict.fromkeys(sources.labels(LearnedKind.INTENT)))
    progress.advance()
    kept = int(len(pairs) * HELD_OUT)
    if len(pairs) < FEWEST_LABELS or len({label for _text, label in pairs}) < 2:
        return None
    test, train = pairs[:kept], pairs[kept:]
    given = list(zip(*shipped.examples("intent"), strict=True))
    known = {text for text, _label in test}
    lessons = [(text, label) for text, label in [*given, *train] if text not in known]
    model = train_intents([text for text, _label in lessons], [label for _text, label in lessons])
    progress.advance(3)
    texts = [text for text, _label in test]
    old = np.array(
        [got[0] == label for got, (_t, label) in zip(current(LearnedKind.INTENT).predict(texts), test, strict=True)]
    )  # type: ignore[union-attr]
    new = np.array([got[0] == label for got, (_t, label) in zip(model.predict(texts), test, strict=True)])
    sure = better_share(old, new, resamples=policies.get("knowledge.learning.resamples"))
    progress.advance(2)
    card = {
        "purpose": "intent",
        "frozen": {
            "set": "newest conversations",
            "n": len(test),
            "measure": _("准确率"),
            "before": round(float(old.mean()), 4),
            "after": round(float(new.mean()), 4),
        },
        "before": {"overall": round(float(old.mean()), 4)},
        "after": {"overall": round(float(new.mean()), 4)},
        "sure": round(sure, 4),
        "better": bool(sure >= policies.get("knowledge.learning.sure")),
        "trained_on": {"questions": len(lessons), "chosen": len(train)},
    }
    return model.to_bytes(), card
