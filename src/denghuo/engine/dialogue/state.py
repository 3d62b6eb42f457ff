"""Where a talk stands, what is heard, and what is to be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing that happened: the customer's ``text``; ``silence``; or the ``result`` of what the last act asked for.

    ``slots`` are (kind, value) pairs found in the text, ``intents`` (dialogue code, probability) best first; ``mood``
    "upset" when the words are not the only sign of it.
    """

    kind: str = "text"
    text: str = ""
    slots: tuple[tuple[str, str], ...] = ()
    intents: tuple[tuple[str, float], ...] = ()
    mood: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do. ``say``: a text with ``choices`` (labels that may be said). ``call``, ``verify``, ``request``,
    ``open`` and ``answer`` want a result (``Heard(kind="result")``); ``note``, ``hand_over`` and ``end`` want none.

    Results. call, verify, request: ``ok``, ``text``. open: ``text``. answer: ``outcome`` answer, choices, ask or refuse;
    ``choices`` (labels); for ask ``text``, what must be known first, and ``words``, the question as it stands.
    """

    kind: str
    text: str = ""
    choices: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Frame:
    """A dialogue that was left for another and will be gone back to."""

    code: str
    step: str
    slots: Mapping[str, str]
    asking: str
    wait: str


@dataclass(frozen=True, slots=True)
class State:
    """Small and JSON: everything the machine remembers of one talk.

    ``wait``: what the next words answer ("" nothing in particular, slot, confirm, choice, fix, result, solved, asked: what
    must be known before ``words`` can be answered, put back ``followed`` times).
    ``known`` are values by kind from the whole talk. ``done``: "", handed_over or ended.
    """

    code: str = ""
    step: str = ""
    wait: str = ""
    asking: str = ""
    slots: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[tuple[str, str], ...] = ()  # label, where it leads or what it means
    stack: tuple[Frame, ...] = ()
    asked: Mapping[str, int] = field(default_factory=dict)
    turns: int = 0
    refusals: int = 0
    offers: int = 0  # lists of questions that came near, in a row, none of them taken
    silences: int = 0
    upset: int = 0
    unsolved: int = 0
    solved: bool = False
    done: str = ""
    words: str = ""  # the question the robot is answering
    maybe: str = ""  # the dialogue to begin should there be no answer
    followed: int = 0

    def as_json(self) -> dict[str, Any]:
        """For keeping; :meth:`from_json` reads it."""
        return asdict(self)

    @classmethod
    def from_json(cls, held: Mapping[str, Any]) -> State:
        """What :meth:`as_json` gave; fields of another version of the machine are left out."""
        known = {key: value for key, value in held.items() if key in cls.__dataclass_fields__}
        known["choices"] = tuple((str(a), str(b)) for a, b in known.get("choices", ()))
        known["stack"] = tuple(Frame(**one) for one in known.get("stack", ()))
        return cls(**known)
