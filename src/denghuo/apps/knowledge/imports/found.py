"""One entry found in a file, in the words of the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class Unreadable(ValueError):
    """The file cannot be read; the message says what to do."""


@dataclass(slots=True)
class Found:
    """What stands in a file for one entry; a field that the file does not name is absent."""

    question: str
    answer: str = ""
    similar: list[str] = field(default_factory=list)
    negative: list[str] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)
    context: str = ""

    def content(self) -> dict[str, Any]:
        """The fields as an import item keeps them."""
        return {
            "question": self.question.strip(), "answer": self.answer.strip(), "similar": self.similar,
            "negative": self.negative, "context": self.context, **self.more,
        }  # fmt: skip
