"""Walking the graph of a flow: what can be reached, and where a clock runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from denghuo.engine.flow.model import EVERY, Flow, Step

Ways = Mapping[str, Collection[str]]


def successors(flow: Flow, followed: Mapping[str, str] | None = None) -> dict[str, set[str]]:
    """State → the states a step leads to from it (itself where a step stays).

    ``followed`` adds what happens from outside: phase → phase into whose first state such a request is put.
    """
    ways = {code: {step.target or code for step in flow.steps_from(code)} for code in flow.states}
    for source, target in _outside(flow, followed or {}):
        ways[source].add(target)
    return ways


def _outside(flow: Flow, followed: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for was, then in followed.items():
        target = next((code for code, state in flow.states.items() if state.phase == then), None)
        if target is None:
            continue
        for code, state in flow.states.items():
            if state.phase == was:
                yield code, target


def reachable(start: str, ways: Ways) -> set[str]:
    """Every state that can be reached from ``start``, itself among them."""
    found, queue = {start}, deque([start])
    while queue:
        for then in ways[queue.popleft()]:
            if then not in found:
                found.add(then)
                queue.append(then)
    return found


def to_final(ways: Ways, finals: Collection[str]) -> set[str]:
    """Every state from which one of ``finals`` can be reached."""
    back: dict[str, set[str]] = {code: set() for code in ways}
    for source, targets in ways.items():
        for target in targets:
            back[target].add(source)
    found, queue = set(finals), deque(finals)
    while queue:
        for was in back[queue.popleft()]:
            if was not in found:
                found.add(was)
                queue.append(was)
    return found


@dataclass(frozen=True)
class ClockWalk:
    """The states in which one kind of clock may run, from walking pairs of state and whether it runs.

    ``drops`` are verbs whose code cancels every clock, ``starts`` verbs whose code starts clocks by itself;
    ``running_first`` says the clock runs from the beginning; ``mute`` names a verb whose own starting of the clock is
    left out, to ask whether it runs without it.
    """

    flow: Flow
    kind: str
    drops: Collection[str]
    starts: Mapping[str, Collection[str]]
    followed: Mapping[str, str]
    running_first: bool
    mute: str = ""

    @cached_property
    def _from(self) -> dict[tuple[str, bool], tuple[tuple[str, bool], Step] | None]:
        """Every pair that can be reached, with the pair and step it was first reached by."""
        outside: dict[str, list[str]] = {}
        for source, target in _outside(self.flow, self.followed):
            outside.setdefault(source, []).append(target)
        first = (self.flow.initial, self.running_first)
        came: dict[tuple[str, bool], tuple[tuple[str, bool], Step] | None] = {first: None}
        queue = deque([first])
        while queue:
            here = queue.popleft()
            state, running = here
            ways = [((step.target or state, self._after(step, running)), step) for step in self.flow.steps_from(state)]
            ways += [((target, running), Step("", state, target)) for target in outside.get(state, ())]
            for then, step in ways:
                if then not in came:
                    came[then] = (here, step)
                    queue.append(then)
        return came

    def _after(self, step: Step, running: bool) -> bool:
        """Whether the clock runs once ``step`` is taken: first what stops, then what starts."""
        if step.verb in self.drops or self.kind in step.stop or EVERY in step.stop:
            running = False
        return running or (step.verb != self.mute and self._begins(step))

    def _begins(self, step: Step) -> bool:
        return self.kind in step.start or self.kind in self.starts.get(step.verb, ())

    def may_run(self, state: str) -> bool:
        """Whether the clock can be running while a request is in ``state``."""
        return (state, True) in self._from

    def left_running(self) -> Iterator[tuple[Step, list[str]]]:
        """For each final state reached with the clock running: the step that started it and the states passed since."""
        for code, state in self.flow.states.items():
            if state.final and (code, True) in self._from:
                yield self._started(code)

    def restarted(self) -> Iterator[Step]:
        """Steps that start the clock while it may be running already."""
        for step in self.flow.steps:
            ends = step.verb in self.drops or self.kind in step.stop or EVERY in step.stop
            if self._begins(step) and not ends and self.may_run(step.source):
                yield step

    def _started(self, code: str) -> tuple[Step, list[str]]:
        """Walk back from a final state to the step that started the clock."""
        path, here = [code], (code, True)
        last: Step | None = None
        while (came := self._from[here]) is not None:
            before, last = came
            path.append(before[0])
            if not before[1]:
                break
            here = before
        if last is None:  # the first state is a final one
            last = Step("", code)
        return last, list(reversed(path))
