"""A flow read from its document, and the look-ups that the running product needs.

A *state* belongs to a *phase* of the life every request shares (submitted, accepted, …, archived): lists, boards and the
field read the phase, the flow's own states refine it. A *step* is a verb taken in a state; it leads to another state or,
without ``target``, stays. One verb may lead to several states, told apart by phase (a reviewed request goes back to the
crew or to the unit).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

PHASES: Final = (
    "submitted", "accepted", "dispatched", "handling", "merged", "returned", "rework", "callback", "archived", "cancelled",
)  # fmt: skip
FINAL_PHASES: Final = ("archived", "cancelled")
EVERY: Final = "*"  # in ``stop``: every live clock


class FlowError(ValueError):
    """A document that cannot be read as a flow: ``where`` names the place in it."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}")
        self.where, self.message = where, message


@dataclass(frozen=True, slots=True)
class State:
    """A place a request can be in. ``final`` follows from the phase."""

    code: str
    label: str
    phase: str
    label_en: str = ""

    @property
    def final(self) -> bool:
        return self.phase in FINAL_PHASES


@dataclass(frozen=True, slots=True)
class Automatic:
    """Taken by the system: ``after_minutes`` in the state (business time on the wall), or when a clock of the request
    breaches (``on_breach``)."""

    after_minutes: int | None = None
    on_breach: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Somebody is told when the step is taken: ``to`` is customer, handler, unit, supervisor or a role code."""

    to: str
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """``verb`` possible in ``source``; see the module's docstring. ``required`` are fields that must be filled by then."""

    verb: str
    source: str
    target: str | None = None
    label: str = ""
    label_en: str = ""
    roles: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    notify: tuple[Notice, ...] = ()
    automatic: Automatic | None = None


@dataclass(frozen=True)
class Flow:
    """One version of a flow. ``types`` are the request types it serves, ``classes`` the class codes (and all below them)
    it is meant for; none: every class."""

    code: str
    label: str
    types: tuple[str, ...]
    initial: str
    states: Mapping[str, State]
    steps: tuple[Step, ...]
    classes: tuple[str, ...] = ()
    label_en: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @cached_property
    def _by_source(self) -> dict[str, tuple[Step, ...]]:
        found: dict[str, list[Step]] = {code: [] for code in self.states}
        for step in self.steps:
            found.setdefault(step.source, []).append(step)
        return {code: tuple(steps) for code, steps in found.items()}

    @cached_property
    def _by_verb(self) -> dict[tuple[str, str], tuple[Step, ...]]:
        found: dict[tuple[str, str], list[Step]] = {}
        for step in self.steps:
            found.setdefault((step.source, step.verb), []).append(step)
        return {key: tuple(steps) for key, steps in found.items()}

    def steps_from(self, state: str) -> tuple[Step, ...]:
        """Every step that can be taken in ``state``, in the order of the document."""
        return self._by_source.get(state, ())

    def verbs(self, state: str) -> tuple[str, ...]:
        """The verbs possible in ``state``, each once."""
        return tuple(dict.fromkeys(step.verb for step in self.steps_from(state)))

    def find(self, state: str, verb: str, *, phase: str | None = None, target: str | None = None) -> Step | None:
        """The step for ``verb`` in ``state``; where it leads to several states, the one to ``target`` or of ``phase``.

        None when it is not possible, or when nothing told several apart.
        """
        steps = self._by_verb.get((state, verb), ())
        if target is not None:
            steps = tuple(step for step in steps if step.target == target)
        if phase is not None:
            steps = tuple(step for step in steps if self.phase_after(step) == phase)
        return steps[0] if len(steps) == 1 or (steps and phase is not None) else None

    def phase_after(self, step: Step) -> str:
        """The phase a request is in once ``step`` is taken."""
        return self.states[step.target or step.source].phase

    def serves(self, request_type: str, class_code: str = "") -> int:
        """How well the flow fits: 0 not at all, 1 for the type, more the deeper the class it names."""
        if request_type not in self.types:
            return 0
        if not self.classes:
            return 1
        return max((2 + one.count(".") for one in self.classes if within(class_code, one)), default=0)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Flow:
        """Read a document. Raises FlowError for what cannot be read; whether it makes sense is for the validation."""
        if not isinstance(document, Mapping):
            raise FlowError("flow", "must be a table")
        states = {}
        for index, row in enumerate(_list(document, "states")):
            state = _state(row, f"states[{index}]")
            if state.code in states:
                raise FlowError(f"states[{index}].code", f"twice: {state.code}")
            states[state.code] = state
        steps = [step for index, row in enumerate(_list(document, "steps")) for step in _steps(row, index, states)]
        initial = str(document.get("initial") or "")
        if initial not in states:
            raise FlowError("initial", f"no such state: {initial}")
        known = {"code", "label", "label_en", "types", "classes", "initial", "states", "steps"}
        return cls(
            code=_text(document, "code", "flow"),
            label=_text(document, "label", "flow"),
            label_en=str(document.get("label_en", "")),
            types=_texts(document, "types"),
            classes=_texts(document, "classes"),
            initial=initial,
            states=states,
            steps=tuple(steps),
            extra={key: value for key, value in document.items() if key not in known},
        )


def within(code: str, ancestor: str) -> bool:
    """Whether class ``code`` is ``ancestor`` or lies below it (codes are dotted paths)."""
    return code == ancestor or code.startswith(f"{ancestor}.")


def _state(row: Any, where: str) -> State:
    code, phase = _text(row, "code", where), _text(row, "phase", where)
    if phase not in PHASES:
        raise FlowError(f"{where}.phase", f"no such phase: {phase}")
    return State(code, _text(row, "label", where), phase, str(row.get("label_en", "")))


def _steps(row: Any, index: int, states: Mapping[str, State]) -> Iterable[Step]:
    where = f"steps[{index}]"
    verb = _text(row, "verb", where)
    target = row.get("to")
    sources = _texts(row, "from", where)
    if not sources:
        raise FlowError(f"{where}.from", "names no state")
    if not (target is None or isinstance(target, str)):
        raise FlowError(f"{where}.to", "must be a text")
    for name in (*sources, *([target] if target else [])):
        if name not in states:
            raise FlowError(where, f"no such state: {name}")
    shared: dict[str, Any] = {
        "label": str(row.get("label", "")),
        "label_en": str(row.get("label_en", "")),
        "roles": _texts(row, "roles", where),
        "required": _texts(row, "required", where),
        "start": _texts(row, "start", where),
        "stop": _texts(row, "stop", where),
        "notify": tuple(
            Notice(_text(one, "to", f"{where}.notify[{n}]"), _text(one, "text", f"{where}.notify[{n}]"))
            for n, one in enumerate(_list(row, "notify", where))
        ),
        "automatic": _automatic(row.get("automatic"), f"{where}.automatic"),
    }
    return [Step(verb, source, target, **shared) for source in sources]


def _automatic(row: Any, where: str) -> Automatic | None:
    if not row:
        return None
    if not isinstance(row, Mapping):
        raise FlowError(where, "must be a table")
    minutes, breach = row.get("after_minutes"), row.get("on_breach", "")
    if minutes is not None and (not isinstance(minutes, int) or isinstance(minutes, bool)):
        raise FlowError(f"{where}.after_minutes", "must be a whole number")
    if not isinstance(breach, str):
        raise FlowError(f"{where}.on_breach", "must be a text")
    return Automatic(minutes, breach)


def _list(row: Mapping[str, Any], name: str, where: str = "") -> list[Any]:
    value = row.get(name) or []
    if not isinstance(value, list):
        raise FlowError(_place(where, name), "must be a list")
    return value


def _text(row: Any, name: str, where: str) -> str:
    if not isinstance(row, Mapping):
        raise FlowError(where, "must be a table")
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise FlowError(_place("" if where == "flow" else where, name), "is missing")
    return value.strip()


def _texts(row: Mapping[str, Any], name: str, where: str = "") -> tuple[str, ...]:
    value = row.get(name) or ()
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise FlowError(_place(where, name), "must be a list of texts")
    return tuple(value)


def _place(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
