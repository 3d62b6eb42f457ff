"""How good the reading of sentences is, against sentences labelled by hand."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from denghuo.apps.knowledge.graph.extraction import dictionary

LABELLED = Path(__file__).parent / "measured" / "sentences.toml"


@dataclass(frozen=True)
class Measure:
    """Counts over the labelled sentences; ``wrong`` lists (sentence, what was read and does not stand there)."""

    sentences: int
    right: int
    proposed: int
    labelled: int
    wrong: tuple[tuple[str, str], ...]

    @property
    def precision(self) -> float:
        """Share of proposals that are right."""
        return self.right / self.proposed if self.proposed else 0.0

    @property
    def recall(self) -> float:
        """Share of what the sentences state that was read."""
        return self.right / self.labelled if self.labelled else 0.0


def measure(floor: float) -> Measure:
    """Read every labelled sentence as when extracting, statements already in the graph included, and count. A proposal is
    right when its business is the labelled one and its kind and other end stand among what the sentence says.
    """
    given = dictionary()
    codes = {row.code: pk for pk, row in given.entities.items()}
    names = {pk: row.code for pk, row in given.entities.items()}
    rows = tomllib.loads(LABELLED.read_text(encoding="utf-8"))["sentence"]
    right = proposed = labelled = 0
    wrong = []
    for row in rows:
        about = codes[row["about"]]
        says = {(kind, _plain(end)) for kind, end in row["says"]}
        found = {
            (one.head, one.kind, _plain(names[one.tail] if one.tail is not None else one.tail_name))
            for one in given.reader.sentence(row["text"], [about])
            if one.confidence >= floor
        }
        hits = [one for one in found if one[0] == about and (one[1], one[2]) in says]
        right, proposed, labelled = right + len(hits), proposed + len(found), labelled + len(says)
        wrong += [(row["text"], f"{names[h]} {kind} {end}") for h, kind, end in sorted(found - set(hits))]
    return Measure(len(rows), right, proposed, labelled, tuple(wrong))


def _plain(end: str) -> str:
    """Amounts are compared by number and unit, entities by code."""
    return (
        re.sub(r"\s|以?内|不超过|平均|最长|每次|违约使用电费", "", end)
        if re.search(r"\d\s*[个工小天日分元]", end)
        else end
    )
