"""Going through the whole base: duplicates, and whether every wording finds its own entry."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from django.db import transaction
from django.utils.translation import gettext as _

from denghuo.apps.knowledge import queries
from denghuo.apps.knowledge.actions.writing import TOPICS, require_edit, staff_id, write_draft
from denghuo.apps.knowledge.choices import CheckKind, Life, PairState
from denghuo.apps.knowledge.content import Draft, content_of, draft_of
from denghuo.apps.knowledge.duplicates import Wording, find_alike
from denghuo.apps.knowledge.models import BaseCheck, DuplicatePair, Revision, StandardQuestion, WordingMiss
from denghuo.apps.knowledge.models.review import OPEN_STAGES
from denghuo.apps.knowledge.queries import EDIT
from denghuo.core import jobs, moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotAllowed, NotFound
from denghuo.core.events import record
from denghuo.core.jobs.progressing import Progress

SYSTEM = Actor.system("knowledge.check")


@action("knowledge.check")
def start_check(actor: Actor, kind: str) -> BaseCheck:
    """Begin a run through the base. Raises NotAllowed, Conflict (one of its kind is under way), NotFound (kind)."""
    from denghuo.apps.knowledge.jobs_entries import run_check

    if not actor.can_somewhere(EDIT):
        raise NotAllowed()
    if kind not in CheckKind.values:
        raise NotFound()
    last = BaseCheck.objects.select_for_update().filter(kind=kind, ended_at=None).first()
    if last is not None and _at_work(last):
        raise Conflict(_("正在检查，请等它完成"))
    row = BaseCheck.objects.create(kind=kind, started_at=moment.now(), by_id=staff_id(actor))
    row.job_id = jobs.enqueue(run_check, check_id=row.pk)
    jobs.announce(row.job_id, CheckKind(kind).label)
    row.save(update_fields=["job_id"])
    record(actor, "knowledge.check_started", row, org=None, topics=TOPICS, payload={"check": kind})
    return row


def _at_work(row: BaseCheck) -> bool:
    from denghuo.core.jobs.models import JobProgress, JobState

    return JobProgress.objects.filter(pk=row.job_id, state__in=(JobState.WAITING, JobState.RUNNING)).exists()


def run(check_id: int, shown: Progress) -> None:
    """The job: go through the base and write what stands out."""
    row = BaseCheck.objects.get(pk=check_id)
    if row.ended_at is not None:
        return
    row.total, row.found = _duplicates(shown) if row.kind == CheckKind.DUPLICATES else _self_test(row, shown)
    row.ended_at = moment.now()
    row.save(update_fields=["total", "found", "ended_at"])
    payload = {"check": row.kind, "total": row.total, "found": row.found}
    record(SYSTEM, "knowledge.check_ended", row, org=None, topics=TOPICS, payload=payload)


def _wordings() -> Iterator[Wording]:
    rows = StandardQuestion.objects.exclude(life=Life.WITHDRAWN).order_by("pk")
    for row in rows.only("pk", "question", "similar").iterator(chunk_size=500):
        for text in row.questions:
            yield Wording(row.pk, text)


def digest(one: Wording, other: Wording) -> str:
    """The same for the same two wordings of the same two entries, in either order."""
    both = sorted([f"{one.entry}\0{one.text}", f"{other.entry}\0{other.text}"])
    return hashlib.blake2b("\1".join(both).encode(), digest_size=16).hexdigest()


def _duplicates(shown: Progress) -> tuple[int, int]:
    """Pairs anew: those decided stay decided; open ones that no longer stand go.

    An entry and its local version say the same on purpose and are no pair.
    """
    wordings = list(_wordings())
    base = dict(StandardQuestion.objects.filter(base__isnull=False).values_list("pk", "base_id"))
    most = int(policies.get("knowledge.duplicates_most"))
    found: dict[str, DuplicatePair] = {}
    now = moment.now()
    for pair in find_alike(wordings, float(policies.get("knowledge.duplicate_at")), shown.advance):
        one, other = wordings[pair.first], wordings[pair.second]
        if base.get(one.entry, one.entry) == base.get(other.entry, other.entry) and one.entry != other.entry:
            continue
        found[digest(one, other)] = DuplicatePair(
            left_id=one.entry, left_text=one.text, right_id=other.entry, right_text=other.text, score=pair.score,
            found_at=now, digest=digest(one, other),
        )  # fmt: skip
    best = sorted(found.values(), key=lambda row: (-row.score, row.digest))[:most]
    with transaction.atomic():
        DuplicatePair.objects.filter(state=PairState.OPEN).delete()
        decided = set(DuplicatePair.objects.values_list("digest", flat=True))
        fresh = [row for row in best if row.digest not in decided]
        DuplicatePair.objects.bulk_create(fresh)
    return len(wordings), len(fresh)


def _self_test(check: BaseCheck, shown: Progress) -> tuple[int, int]:
    """Every wording of what is told now is asked where it holds; what does not find its own entry first is noted."""
    total, misses = 0, []
    rows = StandardQuestion.objects.filter(active=True, life=Life.PUBLISHED).select_related("org").order_by("pk")
    for row in rows:
        if not row.holds_on(queries.today()):
            continue
        for text in row.questions:
            total += 1
            hit = next(iter(queries.search(text, row.org, limit=1)), None)
            if hit is None or hit.entry.pk != row.pk:
                other = hit.entry.pk if hit is not None else None
                misses.append(WordingMiss(check_run=check, entry=row, wording=text, other_id=other))
        shown.advance(len(row.questions))
    with transaction.atomic():
        WordingMiss.objects.all().delete()
        WordingMiss.objects.bulk_create(misses, batch_size=500)
    return total, len(misses)


def _pair(pair_id: int) -> DuplicatePair:
    row = DuplicatePair.objects.select_for_update(of=("self",)).select_related("left__org", "right__org")
    found = row.filter(pk=pair_id).first()
    if found is None:
        raise NotFound(_("这一对已不在列表中，请刷新"))
    if found.state != PairState.OPEN:
        raise Conflict(_("这一对已处理"))
    return found


def _decided(actor: Actor, pair: DuplicatePair, state: PairState) -> DuplicatePair:
    pair.state, pair.decided_at, pair.decided_by_id = state, moment.now(), staff_id(actor)
    pair.save(update_fields=["state", "decided_at", "decided_by"])
    record(actor, "knowledge.pair_decided", pair, org=pair.left.org, topics=TOPICS, payload={"decision": str(state)})
    return pair


@action("knowledge.pair_different")
def mark_different(actor: Actor, pair_id: int) -> DuplicatePair:
    """The two mean different things; they are not listed again. Raises NotAllowed, NotFound, Conflict."""
    pair = _pair(pair_id)
    if not (queries.may_edit(actor, pair.left.org) or queries.may_edit(actor, pair.right.org)):
        raise NotAllowed()
    return _decided(actor, pair, PairState.DIFFERENT)


@action("knowledge.pair_merge")
def merge_wordings(actor: Actor, pair_id: int, *, keep: str) -> DuplicatePair:
    """One of the two wordings goes (``keep`` is left or right); the change is a draft of the entry that loses it.

    Between two entries the other wordings of the loser go over to the one that is kept when its standard question is the
    duplicate: that makes a draft of each. Raises NotAllowed, NotFound, Conflict (a version is under review).
    """
    pair = _pair(pair_id)
    kept, lost = (pair.left, pair.right) if keep == "left" else (pair.right, pair.left)
    text = pair.right_text if keep == "left" else pair.left_text
    require_edit(actor, lost.org)
    mine = _newest(lost)
    if text in mine.similar:
        rest = tuple(one for one in mine.similar if one != text)
        write_draft(actor, _with(mine, similar=rest), entry_id=lost.pk, note=_("查重：去掉重复的问法"))
    elif kept.pk != lost.pk:
        require_edit(actor, kept.org)
        other = _newest(kept)
        union = tuple(dict.fromkeys((*other.similar, mine.question, *mine.similar)))
        write_draft(actor, _with(other, similar=union[:40]), entry_id=kept.pk, note=_("查重：并入另一条的问法"))
    else:
        raise Conflict(_("同一条里的标准问不能去掉，请留它，去掉另一个"))
    return _decided(actor, pair, PairState.MERGED)


def _newest(entry: StandardQuestion) -> Draft:
    row = Revision.objects.filter(entry=entry, state__in=OPEN_STAGES).first()
    return draft_of(row.content if row is not None else content_of(entry))


def _with(draft: Draft, *, similar: tuple[str, ...]) -> Draft:
    from dataclasses import replace

    return replace(draft, similar=similar)
