"""Reading statements out of published answers into proposals."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db.models import QuerySet

from denghuo.apps.knowledge.choices import RelationState
from denghuo.apps.knowledge.models import GraphEntity, GraphProposal, GraphRelation, StandardQuestion
from denghuo.apps.knowledge.queries import EDIT, today
from denghuo.core import jobs, moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import NotAllowed
from denghuo.core.events import record
from denghuo.core.jobs import Progress, enqueue
from denghuo.engine.graph import Gazetteer, Proposal, Reader

#: how much less sure a statement is whose business was only read from the answer's question
UNLINKED = 0.8
SUBJECT = ("knowledge_graph", 0)


@dataclass(frozen=True)
class Dictionary:
    """Names for the reader, the entities that each answer tells of, and statements already made."""

    reader: Reader
    entities: dict[int, GraphEntity]
    topics: dict[int, list[int]]
    said: set[tuple[int, str, int]]
    amounts: dict[tuple[int, str], set[tuple[float, str]]]


def dictionary() -> Dictionary:
    """Built from the graph as it stands: five queries. Only what holds everywhere; local names stay local. Gapped names
    are for questions, where one business is looked for; in an answer they would join what does not belong together.
    """
    entities = {row.pk: row for row in GraphEntity.objects.filter(active=True, org=None)}
    names = Gazetteer(
        (row.pk, name) for row in entities.values() for name in (row.name, *row.aliases) if "*" not in name
    )
    general = set(GraphRelation.objects.filter(kind="part_of").values_list("tail_id", flat=True))
    kinds, labels = {pk: r.kind for pk, r in entities.items()}, {pk: r.name for pk, r in entities.items()}
    reader = Reader(names, kinds, labels, general)
    topics: dict[int, list[int]] = defaultdict(list)
    for entity, answer in GraphEntity.entries.through.objects.order_by("pk").values_list(
        "graphentity_id", "standardquestion_id"
    ):
        topics[answer].append(entity)
    said, amounts = set(), defaultdict(set)
    for row in GraphRelation.objects.exclude(state=RelationState.WITHDRAWN):
        said.add((row.head_id, row.kind, row.tail_id))
        tail = entities.get(row.tail_id)
        if tail is not None:
            value = tail.attributes.get("value", tail.attributes.get("amount"))
            if value is not None:
                amounts[row.head_id, row.kind].add((float(value), _unit(str(tail.attributes.get("unit", "")))))
    return Dictionary(reader, entities, topics, said, amounts)


def _unit(text: str) -> str:
    """工作日 and 个工作日 are one, as are 天 and 日, 元 and 元/次."""
    text = text.removeprefix("个").split("/")[0]
    return {"日": "天", "小时": "小时"}.get(text, text)


def read_answer(given: Dictionary, entry: StandardQuestion) -> list[Proposal]:
    """What one answer states that the graph does not hold yet. A link by hand says its topic, else its question does."""
    topics = [
        one
        for one in given.topics.get(entry.pk, [])
        if one in given.entities and given.entities[one].kind == "business"
    ]
    share = 1.0
    if not topics:
        named = given.reader.names.find(entry.question)
        topics, share = [one.id for one in named if given.entities[one.id].kind == "business"][:1], UNLINKED
    found = [one for one in given.reader.read(entry.answer, topics) if not _known(given, one)]
    return [one if one.head_span else replace(one, confidence=round(one.confidence * share, 3)) for one in found]


def _known(given: Dictionary, found: Proposal) -> bool:
    if found.tail is not None:
        return (found.head, found.kind, found.tail) in given.said
    digits = "".join(char for char in found.tail_name.replace("提前", "") if char.isdigit() or char in ".至到～~- ")
    last = digits.replace("至", "-").replace("到", "-").replace("～", "-").split("-")[-1].strip()
    try:
        value = float(last)
    except ValueError:
        return False
    unit = next((u for u in ("工作日", "小时", "分钟", "天", "日", "个月", "元") if u in found.tail_name), "")
    return (value, _unit(unit)) in given.amounts.get((found.head, found.kind), set())


def digest(entry_id: int, found: Proposal) -> str:
    """The same statement of the same sentence has the same digest, whatever its numbers in the database."""
    tail = found.tail_name if found.tail is None else str(found.tail)
    text = f"{entry_id}|{found.head}|{found.kind}|{tail}|{found.sentence}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def propose(entries: Iterable[StandardQuestion], progress: Progress | None = None) -> tuple[int, int]:
    """Read answers and keep new proposals; gives (answers read, proposals made). What was proposed before, whatever
    became of it, is not proposed again.
    """
    given, floor, now = dictionary(), policies.get("knowledge.graph.floor"), moment.now()
    read = made = 0
    for entry in entries:
        rows = [_row(entry, found, now) for found in read_answer(given, entry) if found.confidence >= floor]
        known = set(GraphProposal.objects.filter(digest__in=[r.digest for r in rows]).values_list("digest", flat=True))
        fresh = [row for row in rows if row.digest not in known]
        GraphProposal.objects.bulk_create(fresh, ignore_conflicts=True)
        read, made = read + 1, made + len(fresh)
        if progress is not None:
            progress.advance()
    return read, made


def _row(entry: StandardQuestion, found: Proposal, now: dt.datetime) -> GraphProposal:
    start, end = found.head_span or (None, None)
    return GraphProposal(
        entry=entry, sentence=found.sentence, head_id=found.head, head_start=start, head_end=end, kind=found.kind,
        tail_id=found.tail, tail_kind=found.tail_kind, tail_name=found.tail_name[:80], tail_start=found.tail_span[0],
        tail_end=found.tail_span[1], pattern=found.pattern, confidence=found.confidence, digest=digest(entry.pk, found),
        made_at=now,
    )  # fmt: skip


def published() -> QuerySet[StandardQuestion]:
    """Answers in force today, of all units."""
    day = today()
    rows = StandardQuestion.objects.filter(active=True, valid_from__lte=day).exclude(valid_to__lt=day)
    return rows.order_by("pk")


@action("knowledge.graph_extract")
def start_extraction(actor: Actor) -> int:
    """Read all published answers in the background; gives the job's number. Raises NotAllowed (``knowledge.edit``)."""
    if not actor.can_somewhere(EDIT):
        raise NotAllowed()
    from denghuo.apps.knowledge.graph.jobs import extract

    number = enqueue(extract)
    jobs.announce(number, "知识图谱抽取", published().count())
    record(actor, "knowledge.graph_extract_started", SUBJECT, org=None, payload={"job": number})
    return number


@action("knowledge.graph_extract_run")
def note_extraction(actor: Actor, entries: int, proposed: int) -> None:
    """Note that a reading has ended and what came of it."""
    payload = {"entries": entries, "proposed": proposed}
    record(actor, "knowledge.graph_extracted", SUBJECT, org=None, topics=["knowledge"], payload=payload)
