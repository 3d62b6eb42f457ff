"""Editing what an agent has at hand: dispositions, scripts, phrases, and the wordings to avoid or to heed.

They are shared by all units, so whoever manages the desk anywhere manages them; every change is an event and a version.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from denghuo.apps.contacts import phrases
from denghuo.apps.contacts.choices import Channel, Outcome, PhraseKind
from denghuo.apps.contacts.models import DeskPhrase, DeskScript, Disposition, PhraseRule
from denghuo.apps.contacts.models.desk import ShippedText
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import NotAllowed, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form

MANAGE = "desk.manage"
MOST_STEPS = 20
MOST_LINES = 20
T = TypeVar("T", bound=ShippedText)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a script: what to say, what to find out, what to heed."""

    title: str
    say: str = ""
    ask: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class ScriptDraft:
    """All of a script."""

    scene: str
    title: str
    steps: tuple[Step, ...]
    words: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    active: bool = True
    position: int = 0


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """All of a phrase rule."""

    pattern: str
    regex: bool
    kind: str
    said_by: str
    advice: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class PhraseDraft:
    """All of a ready sentence."""

    shortcut: str
    title: str
    text: str
    scene: str = ""
    active: bool = True
    position: int = 0


@dataclass(frozen=True, slots=True)
class DispositionDraft:
    """All of a disposition; ``parent_id`` None is the first level."""

    code: str
    name: str
    name_en: str
    parent_id: int | None = None
    outcome: str = ""
    active: bool = True
    position: int = field(default=0)


@action("desk.write_disposition")
def write_disposition(actor: Actor, draft: DispositionDraft, pk: int | None = None) -> Disposition:
    """Write a new disposition or change ``pk``. Raises NotAllowed, NotFound, InvalidInput (code, name, name_en,
    parent_id, outcome)."""
    row = _held(actor, Disposition, pk)
    form = Form()
    code = form.text("code", draft.code, longest=32, required=True, lines=False)
    if code and not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", code):
        form.wrong("code", _("编码只能用小写字母、数字、点和短横，如 bill.late-fee"))
    _unique(form, "code", Disposition, code, pk, _("这个编码已被使用，请换一个"))
    row.code, row.name = code, form.text("name", draft.name, longest=40, required=True, lines=False)
    row.name_en = form.text("name_en", draft.name_en, longest=60, required=True, lines=False)
    row.outcome = form.choice("outcome", draft.outcome, Outcome.values, required=False)
    if draft.parent_id is not None:
        parent = Disposition.objects.filter(pk=draft.parent_id, parent=None).exclude(pk=pk).first()
        if parent is None or (pk is not None and row.children.exists()):
            form.wrong("parent_id", _("上级须是第一级小结，且本条自己没有下级"))
    row.parent_id, row.active, row.position = draft.parent_id, draft.active, draft.position
    form.finish()
    return _saved(actor, row, pk)


@action("desk.write_script")
def write_script(actor: Actor, draft: ScriptDraft, pk: int | None = None) -> DeskScript:
    """Write a new script or change ``pk``. Raises NotAllowed, NotFound, InvalidInput (scene, title, words, channels,
    steps)."""
    row = _held(actor, DeskScript, pk)
    form = Form()
    row.scene = form.text("scene", draft.scene, longest=32, required=True, lines=False)
    row.title = form.text("title", draft.title, longest=60, required=True, lines=False)
    row.words = _list(form, "words", draft.words, longest=20)
    row.channels = [form.choice("channels", one, Channel.values) for one in draft.channels]
    if not 1 <= len(draft.steps) <= MOST_STEPS:
        form.wrong("steps", _("请写 1 到 %(most)s 个步骤") % {"most": MOST_STEPS})
    row.steps = [
        {
            "title": form.text("steps", step.title, longest=60, required=True, lines=False),
            "say": form.text("steps", step.say, longest=500),
            "ask": _list(form, "steps", step.ask, longest=120),
            "note": form.text("steps", step.note, longest=300),
        }
        for step in draft.steps
    ]
    row.active, row.position = draft.active, draft.position
    form.finish()
    return _saved(actor, row, pk)


@action("desk.write_phrase")
def write_phrase(actor: Actor, draft: PhraseDraft, pk: int | None = None) -> DeskPhrase:
    """Write a new ready sentence or change ``pk``. Raises NotAllowed, NotFound, InvalidInput (shortcut, title, text)."""
    row = _held(actor, DeskPhrase, pk)
    form = Form()
    row.shortcut = form.text("shortcut", draft.shortcut, longest=16, required=True, lines=False)
    if re.search(r"[\s/]", row.shortcut):
        form.wrong("shortcut", _("快捷码不能有空格和斜杠，请用字母或汉字"))
    _unique(form, "shortcut", DeskPhrase, row.shortcut, pk, _("这个快捷码已被使用，请换一个"))
    row.title = form.text("title", draft.title, longest=40, required=True, lines=False)
    row.text = form.text("text", draft.text, longest=500, required=True)
    row.scene = form.text("scene", draft.scene, longest=32, lines=False)
    row.code = row.code or f"own-{row.shortcut}"
    row.active, row.position = draft.active, draft.position
    form.finish()
    return _saved(actor, row, pk)


@action("desk.write_rule")
def write_rule(actor: Actor, draft: RuleDraft, pk: int | None = None) -> PhraseRule:
    """Write a new phrase rule or change ``pk``; in force everywhere within seconds.

    Raises NotAllowed, NotFound, InvalidInput (pattern: empty, no valid expression, one that fits every text; advice).
    """
    row = _held(actor, PhraseRule, pk)
    form = Form()
    row.pattern = form.text("pattern", draft.pattern, longest=80, required=True, lines=False)
    row.regex, row.kind = draft.regex, form.choice("kind", draft.kind, PhraseKind.values)
    row.said_by = form.choice("said_by", draft.said_by, ("agent", "customer"))
    row.advice = form.text(
        "advice", draft.advice, longest=200, required=draft.kind == PhraseKind.FORBIDDEN, lines=False
    )
    if row.pattern and row.regex:
        _check_expression(form, row.pattern)
    same = PhraseRule.objects.filter(pattern=row.pattern, said_by=row.said_by).exclude(pk=pk)
    if row.pattern and same.exists():
        form.wrong("pattern", _("已有同样的用语规则，请修改那一条"))
    row.active = draft.active
    form.finish()
    saved = _saved(actor, row, pk)
    phrases.forget()
    return saved


def _check_expression(form: Form, pattern: str) -> None:
    try:
        found = re.compile(pattern)
    except re.error:
        form.wrong("pattern", _("不是有效的正则表达式，请检查括号和星号；不会写就不勾选“正则”"))
        return
    if found.search(""):
        form.wrong("pattern", _("这个表达式会命中所有话，请写得具体些"))
    elif re.search(r"[*+}]\)?[*+{]", pattern):
        form.wrong("pattern", _("重复套重复的表达式可能拖慢坐席输入，请改写"))


def _held(actor: Actor, model: type[T], pk: int | None) -> T:
    if not actor.can_somewhere(MANAGE):
        raise NotAllowed()
    if pk is None:
        return model()
    manager: Any = model._default_manager
    row = manager.select_for_update().filter(pk=pk).first()
    if row is None:
        raise NotFound(_("没有这一条，可能已被删除，请刷新"))
    found: T = row
    return found


def _saved(actor: Actor, row: T, pk: int | None) -> T:
    row.edited_at = moment.now()
    row.save()
    payload = {"text_kind": row._meta.model_name, "text_id": row.pk, "new": pk is None}
    record(actor, "desk.text_written", (str(row._meta.model_name), row.pk), org=None, payload=payload)
    return row


def _unique(form: Form, name: str, model: type[ShippedText], value: str, pk: int | None, message: str) -> None:
    manager: Any = model._default_manager
    if value and manager.filter(**{name: value}).exclude(pk=pk).exists():
        form.wrong(name, message)


def _list(form: Form, name: str, given: Sequence[str], *, longest: int) -> list[str]:
    clean = [form.text(name, one, longest=longest, lines=False) for one in given]
    if len(clean) > MOST_LINES:
        form.wrong(name, _("最多 %(most)s 条，请精简") % {"most": MOST_LINES})
    return [one for one in dict.fromkeys(clean) if one]
