"""A place in the event log."""

from __future__ import annotations

import re
from typing import NamedTuple

_TEXT = re.compile(r"([0-9]{1,20})-([0-9]{1,19})")


class Cursor(NamedTuple):
    """Everything up to and including ``(xid, id)`` has been read. Cursors compare in the order of the log.

    The text form is ``"<xid>-<id>"``; it is what ``Last-Event-ID`` carries.
    """

    xid: int
    id: int

    def __str__(self) -> str:
        return f"{self.xid}-{self.id}"

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read the text form; raises ValueError on anything else."""
        match = _TEXT.fullmatch(text)
        if match is None or int(match[1]) >= 1 << 64 or int(match[2]) >= 1 << 63:
            raise ValueError(f"not an event cursor: {text[:40]!r}")
        return cls(int(match[1]), int(match[2]))


START = Cursor(0, 0)
