"""Finding known names in a text."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

#: between the parts of a gapped name ("电表*不准") may stand so many characters
GAP: Final = 8
_NOT = "非"


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a text: ``id`` of the thing, where it stands, and how many of its letters were found there."""

    id: int
    start: int
    end: int
    letters: int
    text: str


def folded(text: str) -> str:
    """Small letters and half-width forms, character by character, so that places in the text stay the same."""
    out = []
    for char in text:
        plain = unicodedata.normalize("NFKC", char)
        out.append(plain.lower() if len(plain) == 1 and len(plain.lower()) == 1 else char)
    return "".join(out)


class Gazetteer:
    """Names and other names of things; ``*`` in a name stands for up to :data:`GAP` characters."""

    def __init__(self, names: Iterable[tuple[int, str]]) -> None:
        self._plain: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self._gapped: list[tuple[re.Pattern[str], int, int]] = []
        self.exact: dict[str, list[int]] = defaultdict(list)
        for thing, name in names:
            text = folded(name.strip())
            if not text:
                continue
            if "*" in text:
                parts = [part for part in text.split("*") if part]
                pattern = f".{{0,{GAP}}}?".join(re.escape(part) for part in parts)
                self._gapped.append((re.compile(pattern), thing, sum(map(len, parts))))
            else:
                self._plain[text[0]].append((text, thing))
                self.exact[text].append(thing)
        for bucket in self._plain.values():
            bucket.sort(key=lambda one: -len(one[0]))

    def all(self, text: str) -> list[Mention]:
        """Every name in ``text``, also those inside others. A name right after 非 is another thing and is left out."""
        plain = folded(text)
        found = []
        for start, char in enumerate(plain):
            for name, thing in self._plain.get(char, ()):
                if plain.startswith(name, start) and not (start and plain[start - 1] == _NOT):
                    end = start + len(name)
                    found.append(Mention(thing, start, end, len(name), text[start:end]))
        for pattern, thing, letters in self._gapped:
            match = pattern.search(plain)
            if match and not (match.start() and plain[match.start() - 1] == _NOT):
                found.append(Mention(thing, match.start(), match.end(), letters, text[match.start() : match.end()]))
        return found

    def find(self, text: str) -> list[Mention]:
        """Names that do not overlap, in order: those with more letters first, then the earlier."""
        taken: list[Mention] = []
        for one in sorted(self.all(text), key=lambda m: (-m.letters, m.start, m.id)):
            if all(one.end <= other.start or one.start >= other.end for other in taken):
                taken.append(one)
        return sorted(taken, key=lambda m: m.start)
