"""What is wrong with a flow before anybody works by it.

:func:`problems` looks at a parsed flow as a graph and at its words against what the product knows. It gives codes with
their parameters; the words that people read are the caller's. A problem that is not ``severe`` is a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from string import Formatter
from typing import Any, Final

from denghuo.engine.flow.fields import own_fields
from denghuo.engine.flow.model import EVERY, Flow, Step
from denghuo.engine.flow.walking import ClockWalk, reachable, successors, to_final

CODE: Final = re.compile(r"[a-z][a-z0-9_]*")
LONGEST_STATE, LONGEST_VERB = 24, 24


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb with code behind it. ``gives`` are the phases its code leaves a request in; ``stays`` that it may stay in
    its phase; ``permission`` what an actor must hold for it ("": whoever the caller lets). ``drops`` that its code cancels
    every clock, ``starts`` clocks it starts beside those of the flow, ``first_only`` that taken again it starts
    none, ``bare`` that its code heeds neither clocks nor notices of the flow. ``automatic`` that the system can take it
    alone."""

    code: str
    gives: frozenset[str] = frozenset()
    stays: bool = False
    permission: str = ""
    drops: bool = False
    starts: tuple[str, ...] = ()
    first_only: bool = False
    bare: bool = False
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """The words a document may use. ``fields`` None: not checked. ``roles`` maps each to its permissions.

    ``data_permission`` is what a verb without code asks for, ``data_leaves`` the phases such a verb can lead to from each
    phase (staying in a phase is always possible). ``followed`` are state changes made from outside: a merged request goes
    where its master goes. ``first_clocks`` run from the beginning. ``called_back`` are the types whose customers are
    called after the work."""

    verbs: Mapping[str, Verb] = field(default_factory=dict)
    clocks: frozenset[str] = frozenset()
    fields: frozenset[str] | None = None
    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    targets: frozenset[str] = frozenset()
    placeholders: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    data_permission: str = ""
    data_leaves: Mapping[str, frozenset[str]] = field(default_factory=dict)
    followed: Mapping[str, str] = field(default_factory=dict)
    first_clocks: tuple[str, ...] = ()
    called_back: frozenset[str] = frozenset()
    field_types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: ``code`` says what, ``state`` or ``step`` where, ``given`` fills in the sentence."""

    code: str
    state: str = ""
    step: tuple[str, str, str | None] | None = None  # source, verb, target
    given: Mapping[str, Any] = field(default_factory=dict)
    severe: bool = True


def problems(flow: Flow, known: Known) -> list[Fault]:
    """Every fault of ``flow``, the severe ones first, otherwise in the order of the document."""
    found = [
        *_names(flow, known),
        *_graph(flow, known),
        *_steps(flow, known),
        *_obligatory(flow, known),
        *_clocks(flow, known),
    ]
    return sorted(found, key=lambda fault: not fault.severe)


def _of(step: Step) -> tuple[str, str, str | None]:
    return step.source, step.verb, step.target


def _names(flow: Flow, known: Known) -> Iterator[Fault]:
    """Codes that can be stored, types that exist."""
    for state in flow.states.values():
        if not CODE.fullmatch(state.code) or len(state.code) > LONGEST_STATE:
            yield Fault("state_code", state=state.code, given={"longest": LONGEST_STATE})
    for verb in dict.fromkeys(step.verb for step in flow.steps):
        if not CODE.fullmatch(verb) or len(verb) > LONGEST_VERB:
            step = next(step for step in flow.steps if step.verb == verb)
            yield Fault("verb_code", step=_of(step), given={"verb": verb, "longest": LONGEST_VERB})
    if not flow.types:
        yield Fault("no_types")
    for name in flow.types:
        if known.types and name not in known.types:
            yield Fault("type_unknown", given={"type": name})
    labels: dict[str, str] = {}
    for state in flow.states.values():
        if state.label in labels:
            yield Fault("state_label_twice", state=state.code, given={"other": labels[state.label]}, severe=False)
        labels.setdefault(state.label, state.code)


def _graph(flow: Flow, known: Known) -> Iterator[Fault]:
    """The graph: everything reachable, nothing a trap."""
    first = flow.states[flow.initial]
    if first.phase != "submitted":
        yield Fault("initial_phase", state=first.code, given={"phase": first.phase})
    finals = {state.code for state in flow.states.values() if state.final}
    if not finals:
        yield Fault("no_final")
    ways = successors(flow, known.followed)
    reached = reachable(flow.initial, ways)
    ending = to_final(ways, finals)
    for code, state in flow.states.items():
        if code not in reached:
            yield Fault("unreachable", state=code)
        if not state.final and not ways[code] - {code}:
            yield Fault("dead_end", state=code)
        elif not state.final and code not in ending and finals:
            yield Fault("never_ends", state=code, given={"states": sorted(reachable(code, ways) - {code})})


def _steps(flow: Flow, known: Known) -> Iterator[Fault]:
    """Each step by itself, and beside its neighbours."""
    own = own_fields(flow)
    asked = {name for step in flow.steps if step.verb not in known.verbs for name in step.required if name in own}
    for step in flow.steps:
        yield from _words(step, known)
        yield from _fields(step, known, asked if step.verb in known.verbs else set(own))
        yield from _who(step, known)
        yield from _lands(flow, step, known)
    for state in flow.states:
        yield from _beside(flow, state, known)


def _words(step: Step, known: Known) -> Iterator[Fault]:
    here = _of(step)
    for part, kinds in (("start", step.start), ("stop", step.stop)):
        for kind in kinds:
            if known.clocks and kind not in known.clocks and not (part == "stop" and kind == EVERY):
                yield Fault("clock_unknown", step=here, given={"clock": kind, "part": part})
    for notice in step.notify:
        if known.targets and notice.to not in known.targets and notice.to not in known.roles:
            yield Fault("target_unknown", step=here, given={"to": notice.to})
        wrong = sorted(set(_placeholders(notice.text)) - known.placeholders)
        if wrong:
            yield Fault("placeholder_unknown", step=here, given={"names": wrong, "known": sorted(known.placeholders)})
    if (bare := known.verbs.get(step.verb)) and bare.bare and (step.start or step.stop or step.notify):
        yield Fault("ignored", step=here)
    if step.verb not in known.verbs and not step.label:
        yield Fault("label_missing", step=here)
    auto = step.automatic
    if auto is None:
        return
    if (auto.after_minutes is None) == (not auto.on_breach):
        yield Fault("automatic_one", step=here)
    elif auto.after_minutes is not None and auto.after_minutes < 1:
        yield Fault("automatic_minutes", step=here)
    elif auto.on_breach and known.clocks and auto.on_breach not in known.clocks:
        yield Fault("clock_unknown", step=here, given={"clock": auto.on_breach, "part": "automatic"})
    if (verb := known.verbs.get(step.verb)) and not verb.automatic:
        yield Fault("automatic_impossible", step=here)
    if step.required:
        yield Fault("automatic_required", step=here, given={"fields": list(step.required)}, severe=False)


def _fields(step: Step, known: Known, own: set[str]) -> Iterator[Fault]:
    """A required field must be one that somebody can fill: of the request, or of the flow and asked for on the way."""
    for name in step.required:
        if known.fields is not None and name not in known.fields and name not in own:
            yield Fault("field_unknown", step=_of(step), given={"field": name})


def _placeholders(text: str) -> Iterator[str]:
    try:
        for _literal, name, _spec, _conversion in Formatter().parse(text):
            if name is not None:
                yield name
    except ValueError:
        yield "{"


def _who(step: Step, known: Known) -> Iterator[Fault]:
    """Somebody must be able to take it."""
    if not known.roles:
        return
    for role in step.roles:
        if role not in known.roles:
            yield Fault("role_unknown", step=_of(step), given={"role": role})
    verb = known.verbs.get(step.verb)
    permission = verb.permission if verb else known.data_permission
    if not permission or (verb is None and step.roles):
        return  # a verb without code is taken by whom the flow names
    holders = {role for role, held in known.roles.items() if permission in held}
    named = [role for role in step.roles if role in known.roles]
    if not holders:
        yield Fault("nobody", step=_of(step), given={"permission": permission})
    elif named and not holders & set(named):
        given = {"roles": named, "permission": permission, "holders": sorted(holders)}
        yield Fault("roles_cannot", step=_of(step), given=given)
    else:
        for role in sorted(set(named) - holders):
            yield Fault("role_cannot", step=_of(step), given={"role": role, "permission": permission}, severe=False)


def _lands(flow: Flow, step: Step, known: Known) -> Iterator[Fault]:
    """Code leaves a request in certain phases; a flow cannot say otherwise."""
    was, then = flow.states[step.source].phase, flow.phase_after(step)
    verb = known.verbs.get(step.verb)
    if verb is None:
        allowed = known.data_leaves.get(was)
        if allowed is not None and then != was and then not in allowed:
            yield Fault("data_lands", step=_of(step), given={"phase": then, "allowed": sorted(allowed | {was})})
        return
    if verb.stays and then == was:
        return
    if step.target is None and not verb.stays:
        yield Fault("target_missing", step=_of(step), given={"allowed": sorted(verb.gives)})
    elif then not in verb.gives:
        allowed = verb.gives | ({was} if verb.stays else frozenset())
        yield Fault("lands_wrong", step=_of(step), given={"phase": then, "allowed": sorted(allowed)})


def _beside(flow: Flow, state: str, known: Known) -> Iterator[Fault]:
    """Steps that could be mistaken for each other, automatic steps that race."""
    seen: set[tuple[str, str | None]] = set()
    phases: dict[tuple[str, str], Step] = {}
    waiting: dict[int, Step] = {}
    breaching: dict[str, Step] = {}
    for step in flow.steps_from(state):
        if (step.verb, step.target) in seen:
            yield Fault("step_twice", step=_of(step))
            continue
        seen.add((step.verb, step.target))
        other = phases.setdefault((step.verb, flow.phase_after(step)), step)
        if other is not step and step.verb in known.verbs:
            yield Fault("step_ambiguous", step=_of(step), given={"other": other.target or state})
        auto = step.automatic
        if auto and auto.after_minutes is not None:
            first = waiting.setdefault(auto.after_minutes, step)
            if first is not step:
                yield Fault("automatic_race", step=_of(step), given={"other": first.verb})
        elif auto and auto.on_breach:
            first = breaching.setdefault(auto.on_breach, step)
            if first is not step:
                yield Fault("automatic_race", step=_of(step), given={"other": first.verb})
    leaving = sorted(minutes for minutes, step in waiting.items() if step.target not in (None, state))
    for minutes, step in waiting.items():
        if leaving and minutes > leaving[0]:
            given = {"minutes": minutes, "earlier": leaving[0]}
            yield Fault("automatic_too_late", step=_of(step), given=given, severe=False)


def _obligatory(flow: Flow, known: Known) -> Iterator[Fault]:
    """Steps that other parts of the product take and cannot do without."""
    verbs = {step.verb for step in flow.steps}
    phases = {state.phase for state in flow.states.values()}
    for verb in ("accept", "cancel", "urge"):
        if verb in known.verbs and verb not in verbs:
            yield Fault("verb_missing", given={"verb": verb, "why": "every"}, severe=verb == "accept")
    to_field = bool(set(flow.types) & known.field_types)
    if (to_field or "dispatched" in phases) and "dispatch" in known.verbs and "dispatch" not in verbs:
        yield Fault("verb_missing", given={"verb": "dispatch", "why": "field"})
    if "dispatch" in verbs:
        yield from _crew(flow, known)
    if "merge" in verbs and "unmerge" in known.verbs and "unmerge" not in verbs:
        yield Fault("verb_missing", given={"verb": "unmerge", "why": "merge"}, severe=False)
    yield from _review(flow, known)
    for state in flow.states.values():
        here = set(flow.verbs(state.code))
        if (
            state.phase == "rework"
            and not here & {"dispatch", "assign", "reply", "return"}
            and "dispatch" in known.verbs
        ):
            yield Fault("rework_stuck", state=state.code)


def _crew(flow: Flow, known: Known) -> Iterator[Fault]:
    """What a crew does on its phone must be possible while it has the order."""
    outside = [state for state in flow.states.values() if state.phase == "dispatched"]
    inner = {
        state.code: {
            step.target or state.code for step in flow.steps_from(state.code) if flow.phase_after(step) == "dispatched"
        }
        for state in outside
    }
    for state in outside:
        verbs = set(flow.verbs(state.code))
        if "progress" in known.verbs and "progress" not in verbs:
            yield Fault("crew_verb_missing", state=state.code, given={"verb": "progress"})
        if "return" in known.verbs and not any("return" in flow.verbs(code) for code in reachable(state.code, inner)):
            yield Fault("crew_verb_missing", state=state.code, given={"verb": "return"})
    for code in dict.fromkeys(s.target for s in flow.steps if s.verb == "dispatch" and s.target):
        for verb, severe in (("arrive", True), ("withdraw", False)):
            if verb in known.verbs and verb not in flow.verbs(code):
                yield Fault("crew_verb_missing", state=code, given={"verb": verb}, severe=severe)


def _review(flow: Flow, known: Known) -> Iterator[Fault]:
    """A review ends in a call to the customer or in the file, whichever the policy says of the type."""
    if "review" not in known.verbs:
        return
    called, filed = set(flow.types) & known.called_back, set(flow.types) - known.called_back
    for state in flow.states.values():
        if state.phase != "returned":
            continue
        after = {flow.phase_after(step) for step in flow.steps_from(state.code) if step.verb == "review"}
        if not after:
            continue  # reviewed in a later state
        for wanted, types in (("callback", called), ("archived", filed)):
            if types and wanted not in after:
                yield Fault("review_missing", state=state.code, given={"phase": wanted, "types": sorted(types)})
    for state in flow.states.values():
        if state.phase == "callback" and "call_back" in known.verbs:
            after = {flow.phase_after(step) for step in flow.steps_from(state.code) if step.verb == "call_back"}
            for wanted in ("archived", "rework"):
                if wanted not in after:
                    yield Fault("call_back_missing", state=state.code, given={"phase": wanted})


def _clocks(flow: Flow, known: Known) -> Iterator[Fault]:
    """Every clock that is started is stopped on every way, and none is started while it runs."""
    drops = {code for code, verb in known.verbs.items() if verb.drops}
    starts = {code: verb.starts for code, verb in known.verbs.items() if verb.starts}
    for kind in _kinds(flow, known):
        walk = ClockWalk(flow, kind, drops, starts, known.followed, running_first=kind in known.first_clocks)
        for step, path in walk.left_running():
            yield Fault("clock_never_stopped", step=_of(step), given={"clock": kind, "path": path})
        for step in walk.restarted():
            if (verb := known.verbs.get(step.verb)) and verb.first_only:
                alone = replace(walk, mute=step.verb)
                if not alone.may_run(step.source):
                    continue
            yield Fault("clock_restarted", step=_of(step), given={"clock": kind})
        for step in flow.steps:
            if step.automatic and step.automatic.on_breach == kind and not walk.may_run(step.source):
                yield Fault("breach_never", step=_of(step), given={"clock": kind}, severe=False)


def _kinds(flow: Flow, known: Known) -> Iterable[str]:
    named = [kind for step in flow.steps for kind in (*step.start, step.automatic.on_breach if step.automatic else "")]
    return dict.fromkeys([*known.first_clocks, *(kind for kind in named if kind)])
