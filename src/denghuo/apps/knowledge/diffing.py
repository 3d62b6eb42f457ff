"""What changed between two versions, word by word."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from denghuo.apps.knowledge.choices import Kind, Scene, Trust

#: a run of letters or of digits with its unit sign is one word; a Chinese character or a mark stands alone
_WORD: Final = re.compile(r"[A-Za-z]+|\d+(?:[.,:]\d+)*%?|\s+|.", re.DOTALL)
SHORT: Final = 2  # characters in common between two changes that are too few to read as unchanged
LONGEST: Final = 4000  # words; beyond that lines are compared, as comparing words takes the square of their number


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text: ``how`` is same, gone or new."""

    how: str
    text: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs."""

    label: str
    pieces: tuple[Piece, ...]


def words(text: str) -> list[str]:
    """The text cut into words; joined they give it back."""
    return _WORD.findall(text)


def compare(old: str, new: str) -> tuple[Piece, ...]:
    """How ``old`` became ``new``. The pieces same and gone make ``old``, same and new make ``new``."""
    one, other = words(old), words(new)
    if max(len(one), len(other)) > LONGEST:
        one, other = old.splitlines(keepends=True), new.splitlines(keepends=True)
    steps = difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    pieces: list[Piece] = []
    gone, fresh = "", ""
    for place, (tag, a, b, c, d) in enumerate(steps):
        kept = "".join(one[a:b])
        between = 0 < place < len(steps) - 1
        if tag == "equal" and not (between and len(kept) <= SHORT and "\n" not in kept):
            pieces += _changed(gone, fresh)
            gone, fresh = "", ""
            pieces.append(Piece("same", kept))
        else:
            gone += kept
            fresh += "".join(other[c:d])
    pieces += _changed(gone, fresh)
    return tuple(pieces)


def _changed(gone: str, fresh: str) -> list[Piece]:
    return [Piece(how, text) for how, text in (("gone", gone), ("new", fresh)) if text]


def _shown(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(str(one) for one in value)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if name in ("kind", "scene", "trust"):
        return str(dict({"kind": Kind, "scene": Scene, "trust": Trust}[name].choices).get(value, value))  # type: ignore[attr-defined]
    return "" if value is None else str(value)


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[FieldChange]:
    """The fields that differ between two contents, in the order of the form."""
    labels = {
        "kind": _("类型"), "question": _("标准问"), "scene": _("场景"), "answer": _("答案"), "similar": _("相似问"),
        "negative": _("反例问"), "source": _("依据"), "trust": _("可信度"), "valid_from": _("生效日"),
        "valid_to": _("失效日"), "varies": _("各地标准不同"), "public": _("可发给客户"), "tags": _("标签"),
        "owner": _("负责人"), "review_months": _("复审周期"),
    }  # fmt: skip
    found = []
    for name, label in labels.items():
        before, after = _shown(name, old.get(name)), _shown(name, new.get(name))
        if before != after:
            found.append(FieldChange(label, compare(before, after)))
    return found
