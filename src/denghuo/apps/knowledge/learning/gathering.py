"""Taking in what the base did not answer, and putting like questions together."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import Max, Min, Q, QuerySet
from django.utils import timezone

from denghuo.apps.knowledge.choices import AskedBy, SearchOutcome
from denghuo.apps.knowledge.learning.choices import ClusterState, Origin
from denghuo.apps.knowledge.learning.grouping import Floats, groups, likeness, medoid, typical_words
from denghuo.apps.knowledge.models import Asked, QuestionCluster, Sighting, UnknownQuestion
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import NotAllowed
from denghuo.engine.language import normalise

CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Seen:
    """An unanswered wording, without personal data, in one conversation, request or search."""

    text: str
    digest: str
    origin: str
    subject_id: int
    at: dt.datetime


def only_the_product(actor: Actor) -> None:
    """Raise NotAllowed for anybody but the product itself."""
    if actor.kind != "system":
        raise NotAllowed()


def unanswered() -> Q:
    """Refused, offered choices of which none was taken, or told that it did not help."""
    return (
        Q(outcome=SearchOutcome.REFUSE) | Q(outcome=SearchOutcome.CHOICES, chosen=None, solved=None) | Q(solved=False)
    )


def to_gather(now: dt.datetime) -> QuerySet[Asked]:
    """Questions not answered and not dealt with, of the last days (index ``knowledge_asked_newest``).

    The last minutes are left out: the asker may still choose. What the assistant tried on its own and what editors tried
    is no question of a customer.
    """
    since = now - dt.timedelta(days=policies.get("knowledge.learning.gather_days"))
    until = now - dt.timedelta(minutes=policies.get("knowledge.learning.settle_minutes"))
    rows = Asked.objects.filter(unanswered(), at__gte=since, at__lte=until, dealt_with="").exclude(text="")
    return rows.exclude(by__in=[AskedBy.EDITOR, AskedBy.ASSIST])


def worth(text: str) -> bool:
    """Whether a text is long enough to be a question."""
    return len(normalise(text)) >= policies.get("knowledge.learning.shortest")


@action("learning.gather")
def gather(actor: Actor) -> int:
    """Take in the questions the search left unanswered; gives how many wordings were touched. Twice is once. Questions
    whose wording was decided before are marked so and stay off the work list."""
    only_the_product(actor)
    rows = to_gather(moment.now()).order_by("pk").values_list("pk", "text", "digest", "at")
    seen = [Seen(text, digest, Origin.ASKED, pk, at) for pk, text, digest, at in rows.iterator(CHUNK) if worth(text)]
    touched = take_in(seen)
    _mark_decided({one.digest for one in seen})
    return touched


def take_in(seen: Sequence[Seen]) -> int:
    """Keep the sightings and count their wordings anew; the caller is in a transaction. Gives how many wordings."""
    first: dict[str, Seen] = {}
    for one in seen:
        first.setdefault(one.digest, one)
    if not first:
        return 0
    fresh = [
        UnknownQuestion(digest=one.digest, text=one.text, origin=one.origin, first_at=one.at, last_at=one.at)
        for one in first.values()
    ]
    UnknownQuestion.objects.bulk_create(fresh, ignore_conflicts=True)
    keys = dict(UnknownQuestion.objects.filter(digest__in=first).values_list("digest", "pk"))
    sightings = [
        Sighting(unknown_id=keys[one.digest], origin=one.origin, subject_id=one.subject_id, at=one.at) for one in seen
    ]
    Sighting.objects.bulk_create(sightings, ignore_conflicts=True, batch_size=CHUNK)
    count_again(list(keys.values()))
    return len(keys)


def count_again(keys: Sequence[int]) -> None:
    """Times, weeks, first and last of these wordings, from their sightings."""
    weeks: dict[int, Counter[str]] = defaultdict(Counter)
    spans: dict[int, list[dt.datetime]] = defaultdict(list)
    for key, at in Sighting.objects.filter(unknown__in=keys).values_list("unknown_id", "at"):
        weeks[key][week_of(at)] += 1
        spans[key].append(at)
    rows = list(UnknownQuestion.objects.filter(pk__in=keys))
    for row in rows:
        row.times, row.weeks = len(spans[row.pk]), dict(sorted(weeks[row.pk].items()))
        if spans[row.pk]:
            row.first_at, row.last_at = min(spans[row.pk]), max(spans[row.pk])
    UnknownQuestion.objects.bulk_update(rows, ["times", "weeks", "first_at", "last_at"], batch_size=CHUNK)


def week_of(at: dt.datetime) -> str:
    """The ISO week of a moment in the product's time zone: 2026-W47."""
    year, week, _day = timezone.localtime(at).isocalendar()
    return f"{year}-W{week:02d}"


def _mark_decided(digests: Iterable[str]) -> None:
    decided = UnknownQuestion.objects.filter(digest__in=list(digests)).exclude(decision="")
    for decision, cluster_id, digest in decided.values_list("decision", "cluster_id", "digest"):
        rows = Asked.objects.filter(unanswered(), digest=digest, dealt_with="")
        rows.update(dealt_with=decision, cluster_id=cluster_id)


@action("learning.group")
def group(actor: Actor, vectors: Mapping[str, Floats] | None = None) -> tuple[int, int]:
    """Put wordings without a group beside their like, or into new groups; gives (joined, new groups).

    Groups keep their number and members: a wording joins the group it is most like on average, when that reaches
    ``knowledge.learning.alike``; the rest are grouped among themselves. A wording asked once by nobody else waits alone.
    Only the product itself may.
    """
    only_the_product(actor)
    most, least = policies.get("knowledge.learning.most_texts"), policies.get("knowledge.learning.alike")
    undecided = UnknownQuestion.objects.select_for_update().filter(decision="").exclude(text="")
    loose = list(undecided.filter(cluster=None).order_by("-last_at", "pk")[:most])
    if not loose:
        return 0, 0
    held = list(undecided.filter(cluster__state=ClusterState.OPEN).order_by("-last_at", "pk")[:most])
    rows = held + loose
    alike = likeness([row.text for row in rows], vectors)
    joined = _join(held, loose, alike, least)
    rest = [place for place in range(len(held), len(rows)) if rows[place].cluster_id is None]
    made = _new_groups(rows, rest, alike, least)
    changed = {row.cluster_id for row in loose if row.cluster_id is not None}
    UnknownQuestion.objects.bulk_update(loose, ["cluster"], batch_size=CHUNK)
    for cluster in QuestionCluster.objects.filter(pk__in=changed):
        summarise(cluster)
    return joined, made


def _join(held: Sequence[UnknownQuestion], loose: Sequence[UnknownQuestion], alike: Floats, least: float) -> int:
    """Give each loose wording the group it is like on average, where there is one."""
    places: dict[int, list[int]] = defaultdict(list)
    for place, row in enumerate(held):
        places[int(row.cluster_id or 0)].append(place)
    if not places:
        return 0
    keys = sorted(places)
    near = np.stack([alike[len(held) :, places[key]].mean(axis=1) for key in keys], axis=1)
    joined = 0
    for row, figures in zip(loose, near, strict=True):
        best = int(np.argmax(figures))
        if figures[best] >= least:
            row.cluster_id, joined = keys[best], joined + 1
    return joined


def _new_groups(rows: Sequence[UnknownQuestion], rest: Sequence[int], alike: Floats, least: float) -> int:
    made = 0
    for found in groups(alike[np.ix_(rest, rest)], least) if rest else []:
        members = [rows[rest[place]] for place in found]
        if len(members) == 1 and members[0].times < 2:
            continue
        title = rows[rest[medoid(alike[np.ix_(rest, rest)], found, [float(row.times) for row in members])]].text
        cluster = QuestionCluster.objects.create(
            title=title,
            first_at=min(row.first_at for row in members),
            last_at=max(row.last_at for row in members),
            made_at=moment.now(),
        )
        for row in members:
            row.cluster = cluster
        made += 1
    return made


def summarise(cluster: QuestionCluster) -> None:
    """Count a group anew from its undecided members and close it when none is left; the questions asked point to it."""
    rows = list(cluster.members.filter(decision="").order_by("-times", "pk"))
    cluster.size, cluster.times = len(rows), sum(row.times for row in rows)
    if rows:
        texts = [row.text for row in rows]
        alike = likeness(texts)
        cluster.title = texts[medoid(alike, range(len(rows)), [float(row.times) for row in rows])]
        cluster.words = typical_words(texts)
        cluster.first_at, cluster.last_at = min(r.first_at for r in rows), max(r.last_at for r in rows)
        Asked.objects.filter(unanswered(), digest__in=[row.digest for row in rows]).update(cluster_id=cluster.pk)
    else:
        spans = cluster.members.aggregate(first=Min("first_at"), last=Max("last_at"))
        cluster.first_at, cluster.last_at = spans["first"] or cluster.first_at, spans["last"] or cluster.last_at
    cluster.state = ClusterState.OPEN if rows else ClusterState.DONE
    cluster.save()


@action("learning.forget")
def forget(actor: Actor, *, before: dt.datetime) -> int:
    """Empty the texts of wordings last met before ``before``, with what agents typed to them; what was decided of them
    stays known by digest. Gives how many (index ``knowledge_unknown_last``)."""
    from denghuo.apps.knowledge.models import TypedAnswer

    only_the_product(actor)
    old = UnknownQuestion.objects.filter(last_at__lt=before).exclude(text="")
    keys = list(old.values_list("pk", flat=True))
    TypedAnswer.objects.filter(unknown__in=keys).delete()
    clusters = list(QuestionCluster.objects.filter(members__in=keys).distinct())
    UnknownQuestion.objects.filter(pk__in=keys, decision="").delete()
    UnknownQuestion.objects.filter(pk__in=keys).update(text="")
    for cluster in clusters:
        summarise(cluster)
        if not cluster.members.exists():
            cluster.delete()
    return len(keys)
