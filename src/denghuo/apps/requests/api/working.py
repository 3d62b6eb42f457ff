"""Steps of a request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.requests import actions, grading
from denghuo.apps.requests.api import schemas as s
from denghuo.apps.requests.choices import RequestType
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.queries.lists import visible
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.http.api import actor_of, write

router = Router(auth=StaffAuth())


def _step(request: HttpRequest, request_id: int, name: str, body: Schema, act: Callable[[Actor], Request]) -> Any:
    """Run an action under its idempotency key and answer with the request as it now is."""
    actor = actor_of(request)
    return write(request, actor, f"request.{name}:{request_id}", body, lambda: s.request_out(actor, act(actor)))


@router.post("/requests/{request_id}/accept", response=s.RequestOut, summary="受理", operation_id="request_accept")
def accept(request: HttpRequest, request_id: s.Key, body: s.AcceptIn) -> Any:
    """submitted → accepted, with classification; the field clocks start."""
    return _step(
        request, request_id, "accept", body, lambda a: actions.accept_request(a, request_id, **body.model_dump())
    )


@router.post(
    "/requests/{request_id}/reclassify", response=s.RequestOut, summary="调整分类", operation_id="request_reclassify"
)
def reclassify(request: HttpRequest, request_id: s.Key, body: s.ReclassifyIn) -> Any:
    """What is left out stays; clocks are recomputed and keep their history."""
    return _step(
        request,
        request_id,
        "reclassify",
        body,
        lambda a: actions.reclassify_request(a, request_id, **body.model_dump()),
    )


@router.post("/requests/{request_id}/grade", response=s.RequestOut, summary="投诉定级", operation_id="request_grade")
def grade(request: HttpRequest, request_id: s.Key, body: s.GradeIn) -> Any:
    """Set the grade of a complaint; below what the rules propose with a reason."""
    return _step(
        request, request_id, "grade", body, lambda a: grading.confirm_grade(a, request_id, **body.model_dump())
    )


@router.get(
    "/requests/{request_id}/grade-proposal",
    response=s.ProposalOut,
    summary="投诉等级建议",
    operation_id="request_grade_proposal",
)
def grade_proposal(request: HttpRequest, request_id: s.Key) -> Any:
    """What the rules propose for a complaint, with the reasons."""
    row = visible(actor_of(request)).select_related("org").filter(pk=request_id).first()
    if row is None or row.type != RequestType.COMPLAINT:
        raise NotFound(_("没有这条投诉"))
    found = grading.propose(row)
    reasons = [{"code": r.code, "label": r.label, "grade": r.grade, "detail": r.detail} for r in found.reasons]
    return {"grade": found.grade, "reasons": reasons}


@router.post("/requests/{request_id}/merge", response=s.RequestOut, summary="合并到主单", operation_id="request_merge")
def merge(request: HttpRequest, request_id: s.Key, body: s.MergeIn) -> Any:
    """Only faults; a master that is itself merged stands for its own master."""
    return _step(
        request, request_id, "merge", body,
        lambda a: actions.merge_request(a, request_id, body.master_id, body.reason, version=body.version),
    )  # fmt: skip


@router.post(
    "/requests/{request_id}/unmerge", response=s.RequestOut, summary="取消合并", operation_id="request_unmerge"
)
def unmerge(request: HttpRequest, request_id: s.Key, body: s.ReasonIn) -> Any:
    """merged → accepted."""
    return _step(
        request, request_id, "unmerge", body, lambda a: actions.unmerge_request(a, request_id, reason=body.reason)
    )


@router.post(
    "/requests/{request_id}/link-outage", response=s.RequestOut, summary="关联停电", operation_id="request_link_outage"
)
def link_outage(request: HttpRequest, request_id: s.Key, body: s.LinkOutageIn) -> Any:
    """Link the outage that explains it and, unless ``merge`` is false, merge into the outage's master request."""
    return _step(
        request, request_id, "link_outage", body,
        lambda a: actions.link_outage(a, request_id, body.outage_id, merge=body.merge),
    )  # fmt: skip


@router.post(
    "/requests/{request_id}/assign", response=s.RequestOut, summary="转派处理单位", operation_id="request_assign"
)
def assign(request: HttpRequest, request_id: s.Key, body: s.AssignIn) -> Any:
    """All types but faults: accepted, handling or rework → handling."""
    return _step(
        request, request_id, "assign", body, lambda a: actions.assign_handling(a, request_id, **body.model_dump())
    )


@router.post(
    "/requests/{request_id}/reply", response=s.RequestOut, summary="回复处理结果", operation_id="request_reply"
)
def reply(request: HttpRequest, request_id: s.Key, body: s.ReplyIn) -> Any:
    """handling → returned."""
    return _step(
        request, request_id, "reply", body, lambda a: actions.reply_request(a, request_id, **body.model_dump())
    )


@router.post(
    "/requests/{request_id}/contacted",
    response=s.RequestOut,
    summary="登记已联系客户",
    operation_id="request_contacted",
)
def contacted(request: HttpRequest, request_id: s.Key) -> Any:
    """Ends the contact clock."""
    empty = s.TextIn(text="")
    return _step(request, request_id, "contacted", empty, lambda a: actions.contact_customer(a, request_id))


@router.post("/requests/{request_id}/answer", response=s.RequestOut, summary="当场答复", operation_id="request_answer")
def answer(request: HttpRequest, request_id: s.Key, body: s.AnswerIn) -> Any:
    """submitted or accepted → archived, for types that may be answered on the call."""
    return _step(
        request, request_id, "answer", body, lambda a: actions.answer_request(a, request_id, **body.model_dump())
    )


@router.post("/requests/{request_id}/review", response=s.RequestOut, summary="审核", operation_id="request_review")
def review(request: HttpRequest, request_id: s.Key, body: s.ReviewIn) -> Any:
    """returned → callback, or back with a reason."""
    return _step(
        request, request_id, "review", body, lambda a: actions.review_request(a, request_id, **body.model_dump())
    )


@router.post("/requests/{request_id}/cancel", response=s.RequestOut, summary="撤销", operation_id="request_cancel")
def cancel(request: HttpRequest, request_id: s.Key, body: s.ReasonIn) -> Any:
    """→ cancelled; refused once the crew is there or other callers are merged in."""
    return _step(
        request, request_id, "cancel", body, lambda a: actions.cancel_request(a, request_id, **body.model_dump())
    )


@router.post(
    "/requests/{request_id}/archive", response=s.RequestOut, summary="主管归档", operation_id="request_archive"
)
def archive(request: HttpRequest, request_id: s.Key, body: s.ReasonIn) -> Any:
    """callback, or rework under supervision → archived, by decision and with its reason."""
    return _step(
        request, request_id, "archive", body, lambda a: actions.archive_request(a, request_id, **body.model_dump())
    )


@router.post("/requests/{request_id}/note", response=s.NoteOut, summary="添加备注", operation_id="request_note")
def note(request: HttpRequest, request_id: s.Key, body: s.TextIn) -> Any:
    """A remark for colleagues."""
    actor = actor_of(request)

    def run() -> dict[str, Any]:
        made = actions.note_request(actor, request_id, text=body.text)
        return s.NoteOut(id=made.pk, at=made.at).model_dump(mode="json")

    return write(request, actor, f"request.note:{request_id}", body, run)


@router.post(
    "/outages/{outage_id}/request", response=s.RequestOut, summary="主动派工", operation_id="outage_open_request"
)
def open_for_outage(request: HttpRequest, outage_id: s.Key) -> Any:
    """An accepted fault report without a caller, for an outage in force that no report stands for."""
    actor = actor_of(request)
    return write(
        request, actor, f"outage.request:{outage_id}", {},
        lambda: s.request_out(actor, actions.open_for_outage(actor, outage_id)),
    )  # fmt: skip


@router.post("/requests/{request_id}/urge", response=s.UrgeOut, summary="催办", operation_id="request_urge")
def urge(request: HttpRequest, request_id: s.Key, body: s.UrgeIn) -> Any:
    """Before the promised time it is explained instead of recorded, unless ``insist``."""
    actor = actor_of(request)

    def run() -> dict[str, Any]:
        return urge_out(actions.urge_request(actor, request_id, text=body.text, insist=body.insist))

    return write(request, actor, f"request.urge:{request_id}", body, run)


def urge_out(result: actions.UrgeResult) -> dict[str, Any]:
    """What became of an urge."""
    return s.UrgeOut(
        recorded=result.recorded,
        message=str(result.message),
        promised_at=result.promised_at,
        urges=result.request.urges,
    ).model_dump(mode="json")
