"""Assignments a second of the router on one core: 1,000 agents, 50 skills, 5,000 contacts always waiting.

Event-driven, as a simulator runs it: a call ends, the agent takes the best contact, a new contact enters; every
decision is taken alone. Batch, as the live router runs it: some agents have room, the whole state is built from
columns, everything possible is paired (:func:`denghuo.engine.routing.assign_batch` with its building of the state).

The peer is the same policy in plain Python with sorted lists (:mod:`benchmarks.routing_plain`), on the same events in
the same run; it must make the same assignments in the same order, or the run fails. Target: 200,000 assignments a
second. Compile time is left out of the figures and reported beside them.

Everything runs in one thread; the figures are per second of processor time, so that other programs on a shared machine
do not count as ours. The wall-clock figure stands beside them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from typing import Any

import numpy as np

from benchmarks import routing_events, routing_world
from benchmarks.common import ROOT, emit, say, spread
from benchmarks.routing_plain import PlainRouter
from denghuo.engine.routing import Agents, CompiledPolicy, Contacts, assign_batch, warm_up
from denghuo.engine.routing.state import RoutingState, open_state

TARGET = 200_000
GAP = 0.3  # seconds between ends of calls: 1,000 agents with calls of 5 minutes
ROUND_SIZES = (10, 100, 500)


def main(argv: list[str]) -> None:
    """Options: ``--events`` a round (300000), ``--rounds`` (5), ``--plain-events`` (20000), ``--agents``, ``--waiting``."""
    parser = argparse.ArgumentParser(prog="denghuo bench routing")
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--plain-events", type=int, default=20_000)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--waiting", type=int, default=5000)
    parser.add_argument("--no-compile-time", action="store_true", help="do not measure a start with an empty cache")
    options = parser.parse_args(argv)
    if options.plain_events > options.events:
        parser.error("--plain-events must not exceed --events: the first events are compared")
    world = _World(options)
    world.run(1000, np.empty((2000, 2), np.int64))  # loads or compiles
    ours, wall, given = _event_driven(options)
    plain = _plain(options, given)
    batch = {f"batch_{size}_finish": _batch(options, size) for size in ROUND_SIZES}
    compile_time = {} if options.no_compile_time else _compile_time()
    figures = {
        "assignments_per_s": spread(ours, 0),
        "assignments_per_wall_s": spread(wall, 0),
        "batch": batch,
        "ratio_to_plain": spread([value / plain for value in ours]),
        "same_as_plain": options.plain_events,
        "target_per_s": TARGET,
        "met": bool(np.median(ours) >= TARGET),
        "bytes_per_waiting_contact": routing_events.slot_bytes(),
        **compile_time,
        "world": routing_world.known(world.agents) | {"waiting": options.waiting},
    }
    _report(figures, plain)
    emit("routing", figures, {"name": "plain-Python sorted-list router", "assignments_per_s": round(plain)})


class _World:
    """A seeded centre in its steady state: all agents in calls, ``--waiting`` contacts queued."""

    def __init__(self, options: argparse.Namespace) -> None:
        rng = np.random.default_rng(20260101)
        self.policy: CompiledPolicy = routing_world.policy()
        self.agents: Agents = routing_world.agents(self.policy, options.agents, rng)
        total = options.waiting + 2 * (options.events * (options.rounds + 1) + 2000)
        self.traffic = routing_world.traffic(total, options.agents, rng)
        self.waiting = options.waiting
        a = self.agents
        self.state: RoutingState = open_state(
            self.policy.arrays, a.ids, a.levels, a.capacity, a.load, a.ready, a.idle_since, a.echelon, self.waiting, 0
        )
        t = self.traffic
        columns = (t.queue, t.boost, t.language)
        routing_events.fill(self.policy.arrays, self.state, *columns, self.waiting, routing_world.START, GAP)
        self.start = routing_world.START + self.waiting * GAP
        self.event, self.arriving = 0, self.waiting

    def run(self, events: int, given: Any) -> int:
        """The next events; how many assignments."""
        t = self.traffic
        made, self.arriving = routing_events.run(
            self.policy.arrays, self.state, t.queue, t.boost, t.language, t.finisher, self.event, events,
            self.arriving, self.start, GAP, given,
        )  # fmt: skip
        self.event += events
        return int(made)


def _event_driven(options: argparse.Namespace) -> tuple[list[float], list[float], Any]:
    """(assignments a second of each round by processor time, by the wall clock, the pairs of the first round)."""
    world, found, wall, first = _World(options), [], [], None
    for _ in range(options.rounds):
        given = np.zeros((2 * options.events, 2), np.int64)
        begun, at = time.process_time(), time.perf_counter()
        made = world.run(options.events, given)
        found.append(made / (time.process_time() - begun))
        wall.append(made / (time.perf_counter() - at))
        first = given[:made] if first is None else first
        assert int((world.state.slots["place"] != 0).sum()) == options.waiting, "contacts were lost"
        say(f"event-driven: {made} assignments, {found[-1]:,.0f}/s")
    return found, wall, first


def _plain(options: argparse.Namespace, given: Any) -> float:
    """Assignments a second of the plain router; fails unless it makes the pairs in ``given``."""
    world = _World(options)
    router, t, pairs = PlainRouter(world.policy, world.agents), world.traffic, []
    for n in range(options.waiting):
        now = routing_world.START + n * GAP
        router.advance(now)
        router.arrive(n, int(t.queue[n]), float(t.boost[n]), int(t.language[n]), now)
    arriving, queues, boosts, languages = options.waiting, t.queue.tolist(), t.boost.tolist(), t.language.tolist()
    finishers = t.finisher[: options.plain_events].tolist()
    begun = time.process_time()
    for n, a in enumerate(finishers):
        now = world.start + n * GAP
        made = router.advance(now)
        if a not in router.free:
            made += router.finish(a, now)
        while made:
            pairs.append(made.pop(0))
            made += router.arrive(arriving, queues[arriving], boosts[arriving], languages[arriving], now)
            arriving += 1
    took = time.process_time() - begun
    if pairs != [tuple(pair) for pair in given[: len(pairs)].tolist()]:
        at = next(i for i, (p, g) in enumerate(zip(pairs, given.tolist(), strict=False)) if p != tuple(g))
        raise SystemExit(f"the plain router decides differently at assignment {at}: {pairs[at]} against {given[at]}")
    say(f"plain Python: {len(pairs)} assignments, all the same, {len(pairs) / took:,.0f}/s")
    return len(pairs) / took


def _batch(options: argparse.Namespace, finishing: int) -> dict[str, Any]:
    """Rounds in which ``finishing`` agents end their calls, one batch pairs them, as many new contacts enter."""
    rng, world = np.random.default_rng(7), _World(options)
    queue, entered, boost, language = (np.empty(world.waiting, kind) for kind in ("i4", "f8", "f8", "i4"))
    t, load = world.traffic, np.ones(len(world.agents), np.int32)
    slots = np.concatenate([[-1], world.policy.arrays.language_skill[1:]])
    rows, arriving, made, spent, now = np.arange(world.waiting), 0, 0, 0.0, world.start
    ids, idle_since = np.empty(world.waiting, np.int64), world.agents.idle_since.copy()
    passes = max(20, 20_000 // finishing)
    for turn in range(passes + 5):
        new = slice(arriving, arriving + len(rows))
        ids[rows], queue[rows], boost[rows] = np.arange(new.start, new.stop), t.queue[new], t.boost[new]
        language[rows], arriving = slots[t.language[new]], new.stop
        entered[rows] = now if turn else routing_world.START + GAP * rows
        now += GAP * finishing
        ended = rng.choice(np.flatnonzero(load > 0), finishing, replace=False)
        load[ended], idle_since[ended] = 0, now
        agents = Agents.build(
            world.policy, world.agents.ids, levels=world.agents.levels, capacity=world.agents.capacity,
            load=np.stack([load, 0 * load, 0 * load], axis=1), idle_since=idle_since, echelon=world.agents.echelon,
        )  # fmt: skip
        contacts = Contacts.build(world.policy, ids, queue, entered, boost=boost, language=language)
        begun = time.process_time()
        result = assign_batch(world.policy, agents, contacts, now)
        if turn >= 5:
            spent, made = spent + time.process_time() - begun, made + len(result)
        rows, load[result.agent_index] = result.contact_index, 1
    say(f"batch, {finishing} finish: {made / spent:,.0f}/s, {1000 * spent / passes:.2f} ms a pass")
    return {"assignments_per_s": round(made / spent), "ms_per_pass": round(1000 * spent / passes, 3)}


def _compile_time() -> dict[str, float]:
    """Seconds a worker's start takes (import and first calls), with an empty cache and with a filled one."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"NUMBA_CACHE_DIR": folder, "PYTHONPATH": str(ROOT / "src")}
        program = [sys.executable, "-c", f"from {warm_up.__module__} import warm_up; warm_up()"]
        took = []
        for _ in range(2):
            begun = time.perf_counter()
            subprocess.run(program, env=environment, check=True, cwd=ROOT)
            took.append(round(time.perf_counter() - begun, 2))
    return {"start_without_cache_s": took[0], "start_with_cache_s": took[1]}


def _report(figures: dict[str, Any], plain: float) -> None:
    ours, ratio = figures["assignments_per_s"], figures["ratio_to_plain"]
    say(
        f"{ours['median']:,.0f} assignments/s ({ours['min']:,.0f}-{ours['max']:,.0f}), "
        f"{ratio['median']} times the plain router ({plain:,.0f}/s)"
    )
