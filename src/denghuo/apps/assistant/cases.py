"""Recorded cases run on documents: the same machine and understanding, with made-up answers of functions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from denghuo.apps.assistant.understanding import understand
from denghuo.engine.dialogue import Act, Book, Heard, State, begin, step

TODAY: Final = dt.date(2026, 3, 16)  # cases speak of "last month": it must not move
MOST_RESULTS: Final = 12
PLACES: Final = ("code", "step", "asking", "done")
#: what an act comes to when the case does not say
USUAL: Final[Mapping[str, Mapping[str, Any]]] = {
    "call": {"ok": True, "text": "（功能结果）"},
    "verify": {"ok": True},
    "request": {"ok": True, "text": "（已登记）"},
    "open": {"ok": True},
    "answer": {"outcome": "answer"},
}


@dataclass(frozen=True, slots=True)
class Turn:
    """What was heard and what came of it."""

    said: str
    state: State
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """``faults`` in words, with the turn they stand in; none: passed."""

    case_id: int | None
    title: str
    faults: tuple[str, ...]
    turns: tuple[Turn, ...]

    @property
    def passed(self) -> bool:
        return not self.faults


def advance(book: Book, state: State, text: str, results: Mapping[str, Any]) -> tuple[State, tuple[Act, ...]]:
    """One turn with made-up results, as a case or the try-out takes it."""
    state, acts = step(book, state, understand(text, book), TODAY)
    all_acts = list(acts)
    for _count in range(MOST_RESULTS):
        if state.wait != "result" or state.done or not acts:
            break
        last = acts[-1]
        given = results.get(str(last.data.get("function") or last.kind), results.get(last.kind, USUAL[last.kind]))
        state, acts = step(book, state, Heard("result", result=given), TODAY)
        all_acts += acts
    return state, tuple(all_acts)


def run(
    book: Book, title: str, turns: Sequence[Mapping[str, Any]], results: Mapping[str, Any], pk: int | None = None
) -> CaseResult:
    """Walk one case. A turn that is not as expected is told; the walk goes on."""
    state, _acts = begin(book, asked=True)
    done: list[Turn] = []
    faults: list[str] = []
    for place, turn in enumerate(turns, 1):
        if state.done:
            faults.append(_("第 %(n)s 轮：对话已经结束") % {"n": place})
            break
        text = str(turn.get("say", ""))
        state, acts = advance(book, state, text, results)
        done.append(Turn(text, state, acts))
        faults += [
            _("第 %(n)s 轮：%(fault)s") % {"n": place, "fault": fault}
            for fault in _unlike(turn.get("expect", {}), state, acts)
        ]
    return CaseResult(pk, title, tuple(faults), tuple(done))


def _unlike(expect: Mapping[str, Any], state: State, acts: tuple[Act, ...]) -> list[str]:
    """In what a turn is unlike what was expected of it."""
    told = "\n".join(act.text for act in acts if act.text)
    kinds = [_kind(act) for act in acts]
    known = {*kinds, *(kind.partition(":")[0] for kind in kinds)}
    says = expect.get("says", [])
    places = [(name, expect[name], getattr(state, name)) for name in PLACES if name in expect]
    places += [(name, value, state.slots.get(name, "")) for name, value in dict(expect.get("slots", {})).items()]
    return [
        *(
            _("%(name)s 应为“%(wanted)s”，实际“%(got)s”") % {"name": name, "wanted": wanted, "got": got}
            for name, wanted, got in places
            if wanted != got
        ),
        *(
            _("应有动作“%(kind)s”，实际：%(got)s") % {"kind": kind, "got": "、".join(kinds)}
            for kind in expect.get("acts", [])
            if kind not in known
        ),
        *(_("回复中应有“%s”") % words for words in ([says] if isinstance(says, str) else says) if words not in told),
    ]


def _kind(act: Act) -> str:
    """How an act is named in a case: its kind, with the function, page or reason behind a colon."""
    what = act.data.get("function") or act.data.get("page") or act.data.get("reason") or ""
    return f"{act.kind}:{what}" if what else act.kind
