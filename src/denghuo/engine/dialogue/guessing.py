"""Which dialogue a sentence begins, from the documents' own words and examples.

Two signs, the better counts: a word of the dialogue stands in the sentence (longer words weigh more), and the likeness
to its examples (Dice's coefficient of letter pairs, DOI 10.2307/1932409). No training; a trained classifier's
probabilities are put over these by the caller.
"""

from __future__ import annotations

from collections import Counter

from denghuo.engine.dialogue.documents import Book, Dialogue
from denghuo.engine.dialogue.values import plain

WORD_FLOOR, WORD_STEP, WORD_MOST = 0.5, 0.06, 0.9


def guess(book: Book, text: str) -> list[tuple[str, float]]:
    """(code, 0…1) of every dialogue with any likeness, best first; equal ones in order of their codes."""
    said = plain(text)
    found = [(code, _score(one, said)) for code, one in book.dialogues.items()]
    return sorted(((code, score) for code, score in found if score > 0), key=lambda pair: (-pair[1], pair[0]))


def _score(one: Dialogue, said: str) -> float:
    hits = [len(word) for word in one.words if plain(word) in said]
    # several words of one dialogue say more than one of another
    by_word = min(WORD_MOST, WORD_FLOOR + WORD_STEP * max(hits) + 0.03 * (len(hits) - 1)) if hits else 0.0
    likest = max((likeness(said, plain(example)) for example in one.examples), default=0.0)
    return round(max(by_word, likest), 4)


def likeness(first: str, second: str) -> float:
    """Dice's coefficient of the letter pairs of two texts, 0…1."""
    a, b = _pairs(first), _pairs(second)
    total = sum(a.values()) + sum(b.values())
    return 2 * sum((a & b).values()) / total if total else 0.0


def _pairs(text: str) -> Counter[str]:
    return Counter(text[place : place + 2] for place in range(len(text) - 1)) if len(text) > 1 else Counter([text])
