"""Texts that go to customers, made fit for the channel; texts that came, made fit to be stored."""

from __future__ import annotations

from urllib.parse import urljoin

from django.utils.translation import gettext as _

from denghuo.apps.channels.registry import Answer
from denghuo.apps.contacts.choices import MessageKind
from denghuo.apps.contacts.models import Message
from denghuo.core.inputs import has_control


def presentable(text: str) -> str:
    """``text`` without what cannot be stored as a message: control signs and marks that turn its reading order."""
    if not has_control(text, lines=True):
        return text.strip()
    return "".join(c for c in text if not has_control(c, lines=True)).strip()


def portions(text: str, longest: int) -> list[str]:
    """``text`` in portions of at most ``longest`` signs, cut at line ends where there are any; one "" for nothing."""
    found: list[str] = []
    rest = text
    while len(rest) > longest:
        line = rest.rfind("\n", longest // 2, longest)
        cut = line if line > 0 else longest
        found.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip("\n")
    return [*found, rest] if rest or not found else found


def answer_text(answer: Answer, public_url: str = "") -> str:
    """A function's answer as plain text: what was said, the cards, where to go on, the number to quote."""
    blocks = [str(answer.text)]
    for card in answer.cards:
        lines = [f"【{card.title}】", *(f"{label}：{value}" for label, value in card.lines)]
        if card.url and public_url:
            lines.append(urljoin(public_url + "/", card.url))
        blocks.append("\n".join(lines))
    if answer.reference:
        blocks.append(_("编号：%(reference)s") % {"reference": answer.reference})
    if answer.url and public_url:
        blocks.append(_("查看或办理：%(url)s") % {"url": urljoin(public_url + "/", answer.url)})
    return "\n\n".join(block for block in blocks if block)


def message_text(message: Message, public_url: str = "") -> str:
    """What of a message of ours can be said in words; choices get the numbers they may be answered by."""
    if message.kind == MessageKind.LOCATION:
        lon, lat = message.data.get("lon"), message.data.get("lat")
        return "\n".join(part for part in (message.text, f"{lat}, {lon}" if lat is not None else "") if part)
    if message.kind == MessageKind.CARD:
        lines = [f"{label}：{value}" for label, value in message.data.get("lines", [])]
        title = message.data.get("title", "")
        if message.data.get("url") and public_url:
            lines.append(urljoin(public_url + "/", message.data["url"]))
        lines += [f"{place}. {label}" for place, label in enumerate(message.data.get("choices", []), 1)]
        return "\n".join(part for part in (message.text or title, *lines) if part)
    return message.text
