"""REST endpoints of the robot: trying a dialogue out, and the talks it had."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.assistant.cases import advance
from denghuo.apps.assistant.dialogues import book_of, draft_book, editions_of
from denghuo.apps.assistant.figures import VIEW, figures, talks_of
from denghuo.apps.assistant.models import Dialogue, RobotTalk
from denghuo.apps.assistant.understanding import understand
from denghuo.apps.catalogue.classes.scope import VIEW as LOOK
from denghuo.apps.contacts.actions import take_over
from denghuo.core import moment
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.http.api import BIGGEST_KEY, Key, actor_of
from denghuo.engine.dialogue import Act, Book, DialogueError, State, begin

router = Router(tags=["assistant"], auth=StaffAuth())
PAGE = 100


class TryIn(Schema, extra="forbid"):
    """One sentence of a try-out, with the state the last answer gave. Without text and state it begins."""

    dialogue_id: int | None = Field(None, ge=1, le=BIGGEST_KEY, description="要试的版本；不填用当前生效的全部对话")
    text: str = Field("", max_length=2000)
    state: dict[str, Any] | None = None
    results: dict[str, dict[str, Any]] = Field(default_factory=dict, description="各功能的假定结果")


class ActOut(Schema):
    kind: str
    text: str
    choices: list[str]
    data: dict[str, Any]


class TryOut(Schema):
    """What is done, the state after it, and what was taken for the intent."""

    acts: list[ActOut]
    state: dict[str, Any]
    intents: list[tuple[str, float]]


class TalkOut(Schema):
    id: int
    contact_id: int
    channel: str
    org_id: int
    codes: list[str]
    turns: int
    refusals: int
    answered: int
    result: Literal["open", "solved", "request_made", "handed_over", "left"]
    reason: str
    request_id: int | None
    began_at: dt.datetime
    ended_at: dt.datetime | None


class TalksOut(Schema):
    items: list[TalkOut]
    more: bool


class HandOverReasonOut(Schema):
    reason: str
    talks: int


class FiguresOut(Schema):
    """Of the talks begun in the period; shares of those that have ended, null when there are none."""

    total: int
    solved: int
    handed_over: int
    left: int
    open: int
    solve_rate: float | None
    takeover_rate: float | None
    turns: float | None
    reasons: list[HandOverReasonOut]


def _acts(acts: tuple[Act, ...]) -> list[dict[str, Any]]:
    return [{"kind": one.kind, "text": one.text, "choices": list(one.choices), "data": dict(one.data)} for one in acts]


def _book(dialogue_id: int | None) -> Book:
    if dialogue_id is None:
        book = book_of(editions_of(None))
    else:
        row = Dialogue.objects.select_related("org").filter(pk=dialogue_id).first()
        if row is None:
            raise NotFound(_("没有这个版本"))
        try:
            book = draft_book(row.document, row.org)
        except DialogueError as error:
            raise InvalidInput({"dialogue_id": [f"{error.where}：{error.message}"]}) from error
    if book is None:
        raise Conflict(_("还没有生效的总则，请先发布代码为 main 的对话"))
    return book


@router.post("/assistant/try", response=TryOut, summary="试聊一轮", operation_id="assistant_try")
def try_turn(request: HttpRequest, body: TryIn) -> Any:
    """Nothing is kept and nothing is done: functions and requests come to what ``results`` says, or go well."""
    actor = actor_of(request)
    if not actor.can_somewhere(LOOK):
        actor.require(VIEW, "")
    book = _book(body.dialogue_id)
    if body.state is None:
        state, acts = begin(book, asked=bool(body.text))
        if not body.text:
            return {"acts": _acts(acts), "state": state.as_json(), "intents": []}
    else:
        try:
            state = State.from_json(body.state)
        except (TypeError, ValueError, KeyError) as error:
            raise InvalidInput({"state": [_("状态无法识别，请重新开始试聊")]}) from error
    state, acts = advance(book, state, body.text, body.results)
    return {"acts": _acts(acts), "state": state.as_json(), "intents": list(understand(body.text, book).intents)[:5]}


@router.get("/assistant/talks", response=TalksOut, summary="智能客服会话", operation_id="assistant_talks")
def talk_list(request: HttpRequest, before: int | None = None, result: str = "") -> Any:
    """The talks of the units one sees, newest first, at most 100; ``before``: those with a smaller id."""
    actor = actor_of(request)
    rows = talks_of(actor).order_by("-pk")
    rows = rows.filter(pk__lt=before) if before else rows
    rows = rows.filter(result=result) if result else rows
    found = list(rows[: PAGE + 1])
    return {"items": found[:PAGE], "more": len(found) > PAGE}


@router.post(
    "/assistant/talks/{contact_id}/take-over", response=TalkOut, summary="接管会话", operation_id="assistant_take_over"
)
def talk_take_over(request: HttpRequest, contact_id: Key) -> Any:
    """An agent takes a conversation from the robot at once (``contact.take`` and ``contact.transfer``). 409 when the robot
    does not hold it, or the agent has no place left."""
    taken = take_over(actor_of(request), contact_id)
    return RobotTalk.objects.get(contact_id=taken.pk)


@router.get("/assistant/figures", response=FiguresOut, summary="机器人解决率", operation_id="assistant_figures")
def figure_list(request: HttpRequest, days: int = 30) -> Any:
    """The last ``days`` (1–366)."""
    if not 1 <= days <= 366:
        raise InvalidInput({"days": [_("请填写 1 至 366 天")]})
    now = moment.now()
    found = figures(actor_of(request), now - dt.timedelta(days=days), now)
    return {
        "total": found.total, "solved": found.solved, "handed_over": found.handed_over, "left": found.left,
        "open": found.open, "solve_rate": found.solve_rate, "takeover_rate": found.takeover_rate, "turns": found.turns,
        "reasons": [{"reason": reason, "talks": talks} for reason, talks in found.reasons],
    }  # fmt: skip
