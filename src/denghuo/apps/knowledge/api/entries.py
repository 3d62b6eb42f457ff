"""Entries over REST: reading them, and every step from draft to publication."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.accounts.pages import require_any
from denghuo.apps.knowledge import actions, entries, queries
from denghuo.apps.knowledge.choices import Kind, Scene, Stage, Trust
from denghuo.apps.knowledge.models import Revision, StandardQuestion
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotFound
from denghuo.core.http.api import BIGGEST_KEY, Key, actor_of, write
from denghuo.core.scoping.models import OrgUnit

router = Router(auth=StaffAuth())
MOST = 200


class EntryDraftIn(Schema, extra="forbid"):
    """All an editor writes of an entry; ``seen`` is the mark of the version the editor began from."""

    kind: Kind = Kind.QA
    scene: Scene
    question: str = Field(max_length=400)
    answer: str = Field(max_length=40_000)
    similar: list[str] = Field([], max_length=100)
    negative: list[str] = Field([], max_length=100)
    tags: list[str] = Field([], max_length=40)
    source: str = Field(max_length=600)
    trust: Trust = Trust.KNOWN
    varies: bool = False
    public: bool = True
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    review_months: int | None = Field(None, ge=0, le=60)
    org_id: int | None = Field(None, ge=1, le=BIGGEST_KEY, description="适用单位；空为各地通用。已有条目不能改")
    base_id: int | None = Field(None, ge=1, le=BIGGEST_KEY, description="改写哪一条通用答案")
    note: str = Field("", max_length=300)
    seen: str | None = Field(None, max_length=40, description="读取条目时得到的 mark；他人已改则拒绝")


class EntryReviewIn(Schema, extra="forbid"):
    passed: bool
    note: str = Field("", max_length=300, description="退回时必填")


class EntryWithdrawIn(Schema, extra="forbid"):
    last_day: dt.date | None = Field(None, description="最后有效的一天；空为立即停用")


class EntryOut(Schema):
    id: int
    code: str
    kind: str
    scene: str
    question: str
    state: str = Field(examples=["in_force", "coming", "ended", "withdrawn", "draft"])
    revision: str = Field(description="正在办理的修订的状态，没有则为空")
    org_id: int | None
    version: int
    trust: str
    valid_from: dt.date
    valid_to: dt.date | None
    next_review_on: dt.date | None


class EntryPageOut(Schema):
    total: int
    items: list[EntryOut]


class EntryDetailOut(EntryOut):
    answer: str
    similar: list[str]
    negative: list[str]
    tags: list[str]
    source: str
    varies: bool
    public: bool
    base_id: int | None
    owner_id: int | None
    mark: str


class EntryVersionOut(Schema):
    number: int
    state: str
    author_id: int | None
    reviewer_id: int | None
    note: str
    review_note: str
    written_at: dt.datetime
    published_at: dt.datetime | None
    content: dict[str, Any]


class EntryStepOut(Schema):
    entry_id: int
    number: int
    state: str


def _reader(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    require_any(actor, (queries.VIEW, queries.EDIT, queries.REVIEW))
    return actor


def _worker(request: HttpRequest, entry_id: int) -> Actor:
    """Who works on entries and may see this one. Raises NotAllowed, NotFound."""
    actor = actor_of(request)
    require_any(actor, entries.DESK)
    entries.entry_of(actor, entry_id)
    return actor


def _out(row: StandardQuestion, under_way: Revision | None) -> dict[str, Any]:
    names = ("id", "code", "kind", "scene", "question", "org_id", "version", "trust", "valid_from", "valid_to")
    held = {name: getattr(row, name) for name in names} | {"next_review_on": row.next_review_on}
    return held | {"state": entries.state_code(row), "revision": under_way.state if under_way else ""}


def _step(row: Revision) -> dict[str, Any]:
    return {"entry_id": row.entry_id, "number": row.number, "state": str(row.state)}


@router.get("/knowledge/entries", response=EntryPageOut)
def list_entries(
    request: HttpRequest, tab: str = "all", scene: str = "", q: str = "", limit: int = 50, offset: int = 0
) -> Any:
    """Entries the caller may see, by tab (all, mine, review, publish, expiring, due, ended). Three queries."""
    from denghuo.apps.knowledge.pages.lists import by_text

    actor = _reader(request)
    if tab not in entries.TABS or (tab != "all" and not entries.works_on(actor)):
        raise InvalidInput({"tab": [", ".join(entries.TABS)]})
    rows = entries.in_tab(entries.visible(actor), tab, actor)
    if scene:
        rows = rows.filter(scene=scene)
    if q.strip():
        rows = by_text(rows, q.replace("\x00", "").strip()[:100])
    first = max(0, min(offset, 1_000_000))
    page = list(rows.order_by("scene", "position", "pk")[first : first + max(1, min(limit, MOST))])
    stages = entries.open_stages(page)
    return {"total": rows.count(), "items": [_out(row, stages.get(row.pk)) for row in page]}


@router.get("/knowledge/entries/{entry_id}", response=EntryDetailOut)
def get_entry(request: HttpRequest, entry_id: Key) -> Any:
    """One entry as it is published, with the mark an edit starts from."""
    from denghuo.apps.knowledge.actions.writing import mark_of, open_revision

    row = entries.entry_of(_reader(request), entry_id)
    under_way = open_revision(row)
    names = ("answer", "similar", "negative", "tags", "source", "varies", "public", "base_id", "owner_id")
    return _out(row, under_way) | {name: getattr(row, name) for name in names} | {"mark": mark_of(row, under_way)}


@router.get("/knowledge/entries/{entry_id}/versions", response=list[EntryVersionOut])
def entry_versions(request: HttpRequest, entry_id: Key) -> Any:
    """All versions with their content, newest first."""
    _worker(request, entry_id)
    return entries.versions(entry_id)


@router.post("/knowledge/entries", response=EntryStepOut)
def write_new_entry(request: HttpRequest, data: EntryDraftIn) -> Any:
    """The first draft of a new entry."""
    actor = actor_of(request)
    org = OrgUnit.objects.filter(pk=data.org_id).first() if data.org_id is not None else None
    if data.org_id is not None and org is None:
        raise NotFound()
    return write(
        request, actor, "knowledge.write_draft", data,
        lambda: _step(actions.write_draft(actor, _draft(data), org=org, base_id=data.base_id, note=data.note)),
    )  # fmt: skip


@router.put("/knowledge/entries/{entry_id}/draft", response=EntryStepOut)
def write_entry_draft(request: HttpRequest, entry_id: Key, data: EntryDraftIn) -> Any:
    """The next version of an entry, or a change of its draft; what is published stays."""
    actor = _worker(request, entry_id)
    return write(
        request, actor, f"knowledge.write_draft:{entry_id}", data,
        lambda: _step(
            actions.write_draft(actor, _draft(data), entry_id=entry_id, seen=data.seen, note=data.note)
        ),
    )  # fmt: skip


def _draft(data: EntryDraftIn) -> actions.Draft:
    return actions.Draft(
        scene=data.scene, question=data.question, answer=data.answer, similar=tuple(data.similar),
        negative=tuple(data.negative), valid_from=data.valid_from, valid_to=data.valid_to, source=data.source,
        trust=data.trust, varies=data.varies, public=data.public, kind=data.kind, tags=tuple(data.tags),
        review_months=data.review_months,
    )  # fmt: skip


@router.post("/knowledge/entries/{entry_id}/submit", response=EntryStepOut)
def submit_entry(request: HttpRequest, entry_id: Key) -> Any:
    """Hand the draft in for review."""
    actor = _worker(request, entry_id)
    return write(request, actor, f"knowledge.submit:{entry_id}", {}, lambda: _step(actions.submit(actor, entry_id)))


@router.post("/knowledge/entries/{entry_id}/review", response=EntryStepOut)
def review_entry(request: HttpRequest, entry_id: Key, data: EntryReviewIn) -> Any:
    """Pass the version handed in, or give it back with what to mend."""
    actor = _worker(request, entry_id)
    return write(
        request, actor, f"knowledge.review:{entry_id}", data,
        lambda: _step(actions.review(actor, entry_id, passed=data.passed, note=data.note)),
    )  # fmt: skip


@router.post("/knowledge/entries/{entry_id}/publish", response=EntryStepOut)
def publish_entry(request: HttpRequest, entry_id: Key) -> Any:
    """Publish the version that passed; one that begins later waits for its day (state scheduled)."""
    actor = _worker(request, entry_id)
    return write(request, actor, f"knowledge.publish:{entry_id}", {}, lambda: _step(actions.publish(actor, entry_id)))


@router.post("/knowledge/entries/{entry_id}/withdraw", response=EntryStepOut)
def withdraw_entry(request: HttpRequest, entry_id: Key, data: EntryWithdrawIn) -> Any:
    """End what is published, at once or after a day."""
    actor = _worker(request, entry_id)

    def run() -> dict[str, Any]:
        row = actions.expire_entry(actor, entry_id, last_day=data.last_day)
        return {"entry_id": row.pk, "number": row.version, "state": str(Stage.PUBLISHED if row.active else row.life)}

    return write(request, actor, f"knowledge.withdraw:{entry_id}", data, run)
