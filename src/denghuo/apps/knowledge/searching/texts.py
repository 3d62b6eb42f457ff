"""What the index reads of an entry."""

from __future__ import annotations

import re
from typing import Final

from denghuo.apps.knowledge.models import StandardQuestion
from denghuo.engine.retrieval import Entry

LONGEST_PASSAGE: Final = 400
_MARKS: Final = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[*_`#>|]+|^\s*[-+]\s+", re.MULTILINE)
_BREAK: Final = re.compile(r"\n\s*\n|\n(?=#{1,6}\s)")
_SENTENCE: Final = re.compile(r"(?<=[。！？；;!?])")


def entry_of(row: StandardQuestion) -> Entry:
    """An entry of the base as the engine indexes it."""
    return Entry(row.pk, tuple(dict.fromkeys(row.questions)), tuple(row.negative), passages(row.answer))


def passages(answer: str) -> tuple[str, ...]:
    """The answer in passages of at most :data:`LONGEST_PASSAGE` characters, cut between paragraphs and sentences."""
    found: list[str] = []
    for paragraph in _BREAK.split(answer):
        plain = " ".join(_MARKS.sub(lambda match: match[1] or " ", paragraph).split())
        part = ""
        for sentence in _SENTENCE.split(plain):
            if part and len(part) + len(sentence) > LONGEST_PASSAGE:
                found.append(part)
                part = ""
            part += sentence
        if part.strip():
            found.append(part.strip())
    return tuple(found)


def texts_of(entry: Entry) -> tuple[str, ...]:
    """All texts of an entry that have a vector."""
    return (*entry.wordings, *entry.passages)
