"""What an agent reads when the robot hands a conversation over: why, what the customer gave, and what they said."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.apps.assistant.choices import REASONS
from denghuo.apps.assistant.models import RobotTalk
from denghuo.apps.contacts.choices import Audience, Sender
from denghuo.apps.contacts.models import Contact, Message
from denghuo.engine.dialogue import Book, State

LAST_WORDS = 5
LABELS = {
    "name": gettext_lazy("姓名"), "phone": gettext_lazy("电话"), "account": gettext_lazy("户号"),
    "address": gettext_lazy("地址"), "county": gettext_lazy("区县"),
}  # fmt: skip


def topic_of(book: Book, codes: list[str]) -> str:
    """The topic of the last dialogue that has one."""
    topics = [book.dialogues[code].topic for code in codes if code in book.dialogues]
    return next((topic for topic in reversed(topics) if topic), "")


def card(contact: Contact, book: Book, state: State, talk: RobotTalk, reason: str) -> dict[str, Any]:
    """Title and lines for the staff alone. The transcript itself is the conversation they open."""
    matters = [book.dialogues[code].label for code in talk.codes if code in book.dialogues]
    lines = [[_("转接原因"), str(REASONS.get(reason, reason))]]
    if matters:
        lines.append([_("事项"), "、".join(matters)])
    lines += [[label, value] for label, value in filled(book, state)]
    words = Message.objects.filter(contact=contact, sender=Sender.CUSTOMER, audience=Audience.EVERYONE)
    said = list(words.order_by("-pk").values_list("text", flat=True)[:LAST_WORDS])
    if said:
        lines.append([_("客户说"), " / ".join(text[:80] for text in reversed(said) if text)])
    lines.append([_("轮数"), _("%(n)s 轮，未听懂 %(m)s 次") % {"n": state.turns, "m": talk.refusals}])
    return {"code": "robot_summary", "title": _("智能客服转接摘要"), "lines": lines, "slots": dict(state.slots)}


def filled(book: Book, state: State) -> list[tuple[str, str]]:
    """Label and value of everything the customer gave."""
    found: dict[str, str] = {}
    dialogue = book.dialogues.get(state.code)
    for name, value in state.slots.items():
        slot = dialogue.slots.get(name) if dialogue else None
        label = slot.label if slot else name
        shown = next((one.label for one in slot.choices if one.value == value), value) if slot else value
        if shown and shown != "-":
            found[label] = shown
    for kind, value in state.known.items():
        if kind in LABELS and value not in found.values():
            found.setdefault(str(LABELS[kind]), value)
    return list(found.items())
