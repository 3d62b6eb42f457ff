"""Searching the base over REST: for staff, and for the public."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from denghuo.apps.accounts.auth import PublicAuth, StaffAuth
from denghuo.apps.knowledge.choices import AskedBy
from denghuo.core import policies
from denghuo.core.errors import InvalidInput
from denghuo.core.http.actors import client_ip
from denghuo.core.http.api import BIGGEST_KEY, Key, actor_of, write
from denghuo.core.http.limits import buckets

router = Router(auth=StaffAuth())


class KnowledgeSearchIn(Schema):
    """A question as the customer put it, where the customer is, and the day on which the answer must hold."""

    text: str = Field(min_length=1, max_length=200)
    org_id: int | None = Field(None, ge=1, le=BIGGEST_KEY)
    scene: str = Field("", max_length=16)
    contact_id: int | None = Field(None, ge=1, le=BIGGEST_KEY)


class KnowledgeHitOut(Schema):
    """An answer that was found: ``score`` is the probability 0…1 that it is what was asked for, ``wording`` the wording that
    fitted best, ``spans`` the parts of it in common with the question as [start, end) offsets."""

    entry_id: int
    code: str
    scene: str
    question: str
    answer: str
    score: float
    wording: str
    spans: list[tuple[int, int]]
    passage: str
    parts: dict[str, float]
    varies: bool


class KnowledgeSearchOut(Schema):
    """``outcome``: answer (``hits`` holds one), choices (three to five), refuse (none). ``found`` is all that was found."""

    outcome: str
    confidence: float
    asked_id: int | None
    milliseconds: int
    hits: list[KnowledgeHitOut]
    found: list[KnowledgeHitOut]


class KnowledgeAskIn(Schema):
    """A customer's question; ``org_id`` is the city or county they live in."""

    text: str = Field(min_length=1, max_length=200)
    org_id: int | None = Field(None, ge=1, le=BIGGEST_KEY)


class KnowledgeAnswerOut(Schema):
    """An answer for the public."""

    entry_id: int
    question: str
    answer: str
    varies: bool


class KnowledgeAskOut(Schema):
    """``asked`` stands for the question in later feedback."""

    outcome: str
    hits: list[KnowledgeAnswerOut]
    asked: str


class KnowledgeFeedbackIn(Schema):
    """What came of a question; at least one is said."""

    entry_id: int | None = Field(None, ge=1, le=BIGGEST_KEY)
    solved: bool | None = None
    transferred: bool | None = None
    dissatisfied: bool | None = None


class KnowledgePublicFeedbackIn(Schema):
    """A customer's word on an answer: ``asked`` from the search, the answer opened, whether it helped."""

    asked: str = Field(max_length=200)
    entry_id: int | None = Field(None, ge=1, le=BIGGEST_KEY)
    solved: bool | None = None


class KnowledgeFeedbackOut(Schema):
    """The question as it stands now."""

    chosen: int | None
    solved: bool | None
    transferred: bool
    dissatisfied: bool


@router.get("/knowledge/search", response=KnowledgeSearchOut, summary="检索知识（不留痕）")
def knowledge_search(
    request: HttpRequest, q: str, org_id: int | None = None, scene: str = "", day: dt.date | None = None
) -> dict[str, Any]:
    """What a customer of ``org_id`` would be told on ``day``; nothing is logged. Needs ``knowledge.view``."""
    from denghuo.apps.knowledge.searching import ask
    from denghuo.apps.knowledge.searching.places import unit_for

    actor = actor_of(request)
    _may(actor)
    if not 0 < len(q.strip()) <= 200 or (org_id is not None and not 0 < org_id <= BIGGEST_KEY):
        raise InvalidInput({"q": ["请输入 1 到 200 个字的问题"]})
    at = timezone.make_aware(dt.datetime.combine(day, dt.time(12))) if day else None
    reply = ask(q, org=unit_for(actor, org_id), by=AskedBy.EDITOR, scene=scene, at=at, log=False)
    return _told(reply)


@router.post("/knowledge/search", response=KnowledgeSearchOut, summary="检索知识（记录提问）")
def knowledge_ask(request: HttpRequest, body: KnowledgeSearchIn) -> dict[str, Any]:
    """Search for a customer one is serving; the question is logged without personal data. Needs ``knowledge.view``."""
    from denghuo.apps.knowledge.searching import ask
    from denghuo.apps.knowledge.searching.places import unit_for

    actor = actor_of(request)
    _may(actor)
    org = unit_for(actor, body.org_id)
    reply = ask(body.text, org=org, by=AskedBy.AGENT, contact_id=body.contact_id, staff_id=actor.id, scene=body.scene)
    return _told(reply)


@router.post("/knowledge/search/{asked_id}/feedback", response=KnowledgeFeedbackOut, summary="检索结果反馈")
def knowledge_feedback(request: HttpRequest, asked_id: Key, body: KnowledgeFeedbackIn) -> Any:
    """Which answer was taken and what came of it. Needs ``knowledge.view``."""
    actor = actor_of(request)
    return write(
        request, actor, f"knowledge.feedback:{asked_id}", body, lambda: _note(actor, asked_id, **body.model_dump())
    )


@router.post(
    "/knowledge/answers", auth=[StaffAuth(), PublicAuth()], response=KnowledgeAskOut, summary="自助提问（公众）"
)
def knowledge_public_ask(request: HttpRequest, body: KnowledgeAskIn) -> dict[str, Any]:
    """An answer, three to five choices, or none. Only what may be sent to customers. Limited by network address."""
    from denghuo.apps.knowledge.searching import ask
    from denghuo.apps.knowledge.searching.places import public_unit
    from denghuo.apps.knowledge.searching.tokens import token_of

    take(request)
    reply = ask(body.text, org=public_unit(body.org_id), by=AskedBy.CUSTOMER, channel="api", public_only=True)
    hits = [
        {"entry_id": h.entry.pk, "question": h.entry.question, "answer": h.entry.answer, "varies": h.entry.varies}
        for h in reply.hits
    ]
    return {"outcome": reply.outcome, "hits": hits, "asked": token_of(reply.asked_id)}


@router.post(
    "/knowledge/answers/feedback",
    auth=[StaffAuth(), PublicAuth()],
    response=KnowledgeFeedbackOut,
    summary="自助提问反馈（公众）",
)
def knowledge_public_feedback(request: HttpRequest, body: KnowledgePublicFeedbackIn) -> Any:
    """Whether an answer helped. Limited by network address."""
    from denghuo.apps.knowledge.searching.tokens import asked_of
    from denghuo.core.actors import Actor

    take(request)
    asked_id = asked_of(body.asked)
    return _note(Actor.customer(), asked_id, entry_id=body.entry_id, solved=body.solved)


def take(request: HttpRequest) -> None:
    """One use of the public search by this network address."""
    buckets.take("knowledge.ask", client_ip(request), allowed=policies.get("knowledge.ask_per_minute"), seconds=60)


def _may(actor: Any) -> None:
    if not actor.can_somewhere("knowledge.view"):
        actor.require("knowledge.view", "")


def _note(actor: Any, asked_id: int, entry_id: int | None = None, **result: bool | None) -> dict[str, Any]:
    from denghuo.apps.knowledge.actions.asking import note_chosen, note_result

    row = note_chosen(actor, asked_id, entry_id) if entry_id is not None else None
    if row is None or any(value is not None for value in result.values()):
        row = note_result(actor, asked_id, **result)
    return {
        "chosen": row.chosen_id, "solved": row.solved, "transferred": row.transferred, "dissatisfied": row.dissatisfied
    }  # fmt: skip


def _told(reply: Any) -> dict[str, Any]:
    return {
        "outcome": reply.outcome,
        "confidence": round(reply.confidence, 4),
        "asked_id": reply.asked_id,
        "milliseconds": reply.milliseconds,
        "hits": [_hit(one) for one in reply.hits],
        "found": [_hit(one) for one in reply.found],
    }


def _hit(one: Any) -> dict[str, Any]:
    entry = one.entry
    return {
        "entry_id": entry.pk,
        "code": entry.code,
        "scene": entry.scene,
        "question": entry.question,
        "answer": entry.answer,
        "score": round(one.score, 4),
        "wording": one.wording,
        "spans": [list(span) for span in one.spans],
        "passage": one.text,
        "parts": {name: round(value, 4) for name, value in one.parts.items()},
        "varies": entry.varies,
    }
