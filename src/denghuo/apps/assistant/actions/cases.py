"""Recorded cases: keeping them, taking them from real talks, running them, and the release they guard."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.assistant import cases
from denghuo.apps.assistant.choices import CaseStyle
from denghuo.apps.assistant.dialogues import MAIN, book_of, draft_book, editions_of
from denghuo.apps.assistant.models import CaseRun, Dialogue, DialogueCase, RobotTalk
from denghuo.apps.catalogue.actions import EDIT, RELEASE, release
from denghuo.apps.catalogue.models import EditionState
from denghuo.apps.contacts.choices import Audience, MessageKind, Sender
from denghuo.apps.contacts.models import Message
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.privacy.masking import redact
from denghuo.engine.dialogue import DialogueError
from denghuo.engine.dialogue.values import found_in
from denghuo.engine.language.spoken import plain_digits

MOST_TURNS = 60
#: what stands for the customer's own in a case taken from a talk
SAMPLES = {
    "phone": "13900001111", "account": "1234567890", "name": "王小明", "address": "松风路1号", "number": "2026031600012",
}  # fmt: skip


@action("robot.keep_case")
def keep_case(
    actor: Actor, *, code: str, title: str, turns: Sequence[Mapping[str, Any]], results: Mapping[str, Any] | None = None,
    style: str = CaseStyle.PLAIN, from_talk: int | None = None,
) -> DialogueCase:  # fmt: skip
    """Keep a case of the dialogue ``code``. Raises NotAllowed (``catalogue.edit``), InvalidInput (title, turns)."""
    if not actor.can_somewhere(EDIT):
        actor.require(EDIT, ROOT_PATH)
    form = Form()
    code = form.text("code", code, longest=60, required=True, lines=False)
    title = form.text("title", title, longest=80, required=True, lines=False)
    form.choice("style", style, CaseStyle.values)
    good = [turn for turn in turns if isinstance(turn, Mapping) and str(turn.get("say", "")).strip()]
    if not good or len(good) != len(turns) or len(good) > MOST_TURNS:
        form.wrong("turns", _("每一轮都要写明客户说的话，最多 %(n)s 轮") % {"n": MOST_TURNS})
    form.finish()
    row = DialogueCase.objects.create(
        code=code, title=title, style=style, turns=[dict(turn) for turn in good], results=dict(results or {}),
        made_by_id=actor.id if actor.kind == "staff" else None, made_at=moment.now(), from_talk=from_talk,
    )  # fmt: skip
    record(actor, "robot.case_kept", ("dialogue_case", row.pk), org=None, payload={"case_id": row.pk, "code": code})
    return row


@action("robot.case_from_talk")
def case_from_talk(actor: Actor, contact_id: int) -> DialogueCase:
    """Make a case of a real talk: the customer's words without what is theirs, expected to go as they go now.

    Raises NotAllowed (``catalogue.edit``, ``contacts.view`` of the unit), NotFound, Conflict (nothing was said; no main
    dialogue in force).
    """
    talk = RobotTalk.objects.select_related("org").filter(contact_id=contact_id).first()
    if talk is None:
        raise NotFound(_("没有这次会话"))
    actor.require("contacts.view", talk.org.path)
    words = Message.objects.filter(
        contact_id=contact_id, sender=Sender.CUSTOMER, audience=Audience.EVERYONE, kind=MessageKind.TEXT
    )
    own = _own_values(talk)
    said = [without_own(text, own) for text in words.order_by("pk").values_list("text", flat=True)[:MOST_TURNS]]
    book = book_of(editions_of(talk.org))
    if not said or book is None:
        raise Conflict(_("这次会话没有可保存的内容"))
    walked = cases.run(book, "", [{"say": text} for text in said], {})
    turns = [
        {
            "say": turn.said,
            "expect": {"code": turn.state.code, **({"done": turn.state.done} if turn.state.done else {})},
        }
        for turn in walked.turns
    ]
    code = next((code for code in talk.codes), MAIN)
    title = _("实录 %(day)s %(words)s") % {"day": f"{talk.began_at:%Y-%m-%d}", "words": said[0][:30]}
    return keep_case(actor, code=code, title=title, turns=turns, style=CaseStyle.RECORDED, from_talk=talk.pk)


def _own_values(talk: RobotTalk) -> list[tuple[str, str]]:
    """(value, sample) of everything the customer gave of themselves in a talk, the longest first."""
    held = json.loads(talk.state) if talk.state else {}
    pairs = [(value, kind) for kind, value in held.get("known", {}).items()]
    frames = [held, *held.get("stack", [])]
    pairs += [(value, name) for frame in frames for name, value in frame.get("slots", {}).items()]
    found = {str(value): SAMPLES[kind] for value, kind in pairs if kind in SAMPLES and len(str(value)) > 1}
    return sorted(found.items(), key=lambda pair: -len(pair[0]))


def without_own(text: str, own: Sequence[tuple[str, str]]) -> str:
    """A sentence with the customer's own replaced by samples, and what else looks like a number of theirs masked."""
    clean = plain_digits(text) if found_in(text) else text
    for value, sample in own:
        clean = clean.replace(value, sample)
    for kind, value in found_in(clean):
        clean = clean.replace(value, SAMPLES[kind])
    kept = {sample: f"\x00{place}\x00" for place, sample in enumerate(SAMPLES.values())}
    for sample, mark in kept.items():
        clean = clean.replace(sample, mark)
    clean = _redacted(clean)
    for sample, mark in kept.items():
        clean = clean.replace(mark, sample)
    return clean


def _redacted(text: str) -> str:
    try:
        from denghuo.engine.language.redaction import redact as deeper
    except ImportError:
        return redact(text)
    return str(deeper(redact(text)))


@action("robot.switch_case")
def switch_case(actor: Actor, case_id: int, *, active: bool) -> DialogueCase:
    """Put a case to use or out of it. Raises NotAllowed, NotFound."""
    if not actor.can_somewhere(EDIT):
        actor.require(EDIT, ROOT_PATH)
    row = DialogueCase.objects.select_for_update().filter(pk=case_id).first()
    if row is None:
        raise NotFound(_("没有这个用例"))
    row.active = active
    row.save(update_fields=["active"])
    return row


@action("robot.run_cases")
def run_cases(actor: Actor, dialogue_id: int) -> CaseRun:
    """Run the active cases of an edition's dialogue on it; those of the main document are all cases there are.

    Raises NotAllowed (``catalogue.edit``), NotFound, InvalidInput (``document`` cannot be read).
    """
    row = Dialogue.objects.select_related("org").filter(pk=dialogue_id).first()
    if row is None:
        raise NotFound(_("没有这个版本"))
    actor.require(EDIT, row.org.path if row.org else ROOT_PATH)
    try:
        book = draft_book(row.document, row.org)
    except DialogueError as error:
        raise InvalidInput({"document": [f"{error.where}：{error.message}"]}) from error
    if book is None:
        raise Conflict(_("还没有生效的总则，请先发布代码为 main 的对话"))
    active = DialogueCase.objects.filter(active=True)
    wanted = active if row.code == MAIN else active.filter(code__in=[row.code, MAIN])
    results = [cases.run(book, one.title, one.turns, one.results, one.pk) for one in wanted]
    failed = sum(not one.passed for one in results)
    made = CaseRun.objects.create(
        dialogue=row, version=row.version, passed=len(results) - failed, failed=failed,
        result=[{"case": one.case_id, "title": one.title, "passed": one.passed, "faults": list(one.faults)} for one in results],
        run_by_id=actor.id if actor.kind == "staff" else None, run_at=moment.now(),
    )  # fmt: skip
    record(
        actor, "robot.cases_run", ("dialogue", row.pk), org=row.org,
        payload={"code": row.code, "number": row.number, "passed": made.passed, "failed": failed},
    )  # fmt: skip
    return made


@action("robot.release_dialogue")
def release_dialogue(
    actor: Actor, dialogue_id: int, *, valid_from: dt.datetime | None = None, note: str = "", override: str = ""
) -> Dialogue:
    """Run the cases on a draft and put it in force. A failed case bars it unless ``override`` says why it may pass.

    Raises NotAllowed (``catalogue.release``), NotFound, Conflict (not a draft), InvalidInput (document, override).
    """
    row = Dialogue.objects.select_related("org").filter(pk=dialogue_id).first()
    if row is None:
        raise NotFound(_("没有这个版本"))
    actor.require(RELEASE, row.org.path if row.org else ROOT_PATH)
    if row.state != EditionState.DRAFT:
        raise Conflict(_("只有草稿可以发布"), code="wrong_state")
    run = run_cases(actor, dialogue_id)
    form = Form()
    reason = form.text("override", override, longest=300, lines=False)
    if run.failed and not reason:
        form.wrong("override", _("有 %(n)s 个用例未通过，请改正草稿；确需发布请写明原因") % {"n": run.failed})
    form.finish()
    if run.failed:
        run.overridden = reason
        run.save(update_fields=["overridden"])
        record(
            actor, "robot.release_overridden", ("dialogue", row.pk), org=row.org,
            payload={"code": row.code, "number": row.number, "failed": run.failed},
        )  # fmt: skip
    released = release(actor, "dialogue", dialogue_id, valid_from=valid_from, note=note)
    assert isinstance(released, Dialogue)
    return released
