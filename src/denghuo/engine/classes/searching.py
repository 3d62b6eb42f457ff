"""Finding a class by a few keystrokes: words of the label, synonyms, pinyin or its initials."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from denghuo.engine.classes.tree import Node, Tree

PARTS: Final = re.compile(r"[\s、，,；;：:/（）()“”]+")


@dataclass(frozen=True, slots=True)
class Hit:
    """A class found; a lower ``rank`` fits better."""

    node: Node
    rank: int


@lru_cache(maxsize=4096)
def pinyin(text: str) -> str:
    """漏保跳闸 → loubaotiaozha; letters and digits stay, all else goes."""
    from pypinyin import lazy_pinyin

    return "".join(char for part in lazy_pinyin(text) for char in part.lower() if char.isascii() and char.isalnum())


@lru_cache(maxsize=4096)
def initials(text: str) -> str:
    """漏保跳闸 → lbtz."""
    from pypinyin import lazy_pinyin

    parts = (part.lower() for part in lazy_pinyin(text))
    return "".join(
        part[:1] if not _spelled(part) else "".join(c for c in part if c.isalnum()) for part in parts if part
    )


def _spelled(part: str) -> bool:
    """Whether a part was letters or digits already, which lazy_pinyin gives back in one piece."""
    return any(not char.isascii() or char.isdigit() for char in part)


def search(tree: Tree, text: str, *, limit: int = 20, retired: bool = False) -> list[Hit]:
    """Classes that match every word of ``text``, best first, then in the order of the tree.

    Ranks: 0 the label itself, 1 it begins so, or a synonym is the word, 2 the label holds it, 3 a synonym does, 4 pinyin
    or initials of a part of the label begin so, 5 of a synonym, 6 they hold it (three letters or more), 7 only a class above matches (so that
    低压 断 finds what is broken below 低压).
    """
    words = [word for word in text.lower().split() if word]
    if not words:
        return []
    hits: list[tuple[int, int, Node]] = []
    for place, node in enumerate(tree):
        if not retired and not tree.in_force(node.path):
            continue
        ranks = [_rank(tree, node, word) for word in words]
        if None not in ranks:
            hits.append((max(rank for rank in ranks if rank is not None), place, node))
    hits.sort(key=lambda hit: hit[:2])
    return [Hit(node, rank) for rank, _place, node in hits[:limit]]


def _rank(tree: Tree, node: Node, word: str) -> int | None:
    rank = _own_rank(node, word)
    if rank is None and any(_own_rank(above, word) is not None for above in tree.lineage(node.path)[:-1]):
        return 7
    return rank


def _own_rank(node: Node, word: str) -> int | None:
    label = node.label.lower()
    if word == label or word == node.path:
        return 0
    if label.startswith(word) or word in node.synonyms:
        return 1
    if word in label or word in node.label_en.lower():
        return 2
    if any(word in synonym.lower() for synonym in node.synonyms):
        return 3
    return _sound_rank(node, word) if word.isascii() else None


def _sound_rank(node: Node, word: str) -> int | None:
    own, others = sounds(node.label), [heard for text in node.synonyms for heard in sounds(text)]
    for rank, candidates in ((4, own), (5, others)):
        if any(heard.startswith(word) for heard in candidates):
            return rank
    return 6 if len(word) > 2 and any(word in heard for heard in (*own, *others)) else None


@lru_cache(maxsize=4096)
def sounds(text: str) -> tuple[str, ...]:
    """Initials and pinyin of each part of a label (parts are set off by 、 and the like)."""
    parts = [part for part in PARTS.split(text) if part]
    return tuple(dict.fromkeys(heard for part in parts for heard in (initials(part), pinyin(part)) if heard))
