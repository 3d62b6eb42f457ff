"""The peer of the routing benchmark: the same policy in plain Python, with sorted lists, as one writes it by hand.

Not a straw man: one sorted list (``bisect``) for each queue, ladder step and language instead of one long list, a
``heapq`` of timers, able sets as sets, the groups an agent can serve worked out once. It leaves out what the traffic
does not use (wanted agents, ``not_before``, several channel classes).
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort

from denghuo.engine.routing import Agents, CompiledPolicy, QueuePlan

Key = tuple[int, float, int]  # (-key, entered, contact)
Class = tuple[int, int, int]  # (queue, step, language slot)
UNITS_PER_POINT = 600_000_000


class PlainRouter:
    """Keeps its lists from event to event; every method returns the (contact, agent) pairs it made."""

    def __init__(self, policy: CompiledPolicy, agents: Agents) -> None:
        self.plans, self.skills = policy.plans, policy.skill_index
        self.languages = [None, *policy.settings.languages]
        self.weights = policy.settings.weights
        self.levels = [dict(zip(policy.skills, row, strict=True)) for row in agents.levels.tolist()]
        self.echelon, self.idle_since = agents.echelon.tolist(), agents.idle_since.tolist()
        self.ids = agents.ids.tolist()
        self.free: set[int] = set()
        self.able: dict[Class, set[int]] = {}
        self.reach: list[list[tuple[int, int]]] = [[] for _ in self.ids]
        self.lists: dict[Class, list[Key]] = {}
        self._prepare()
        self.waiting, self.opened = [0] * len(self.plans), [0] * len(self.plans)
        self.points = [round(p.base_points * UNITS_PER_POINT) for p in self.plans]
        self.rate = [round(p.ageing_per_minute * UNITS_PER_POINT / 60_000) for p in self.plans]
        self.timers: list[tuple[float, int]] = []
        self.place: dict[int, tuple[Class, Key]] = {}

    def _prepare(self) -> None:
        for q, plan in enumerate(self.plans):
            ways, language, echelon = [dict(plan.required)], plan.language_level, 0
            for s in range(len(plan.ladder) + 1):
                if s:
                    rung = plan.ladder[s - 1]
                    ways = [{k: min(v, rung.lower.get(k, v)) for k, v in way.items()} for way in ways]
                    ways += [dict(rung.alternative)] if rung.alternative is not None else []
                    language, echelon = 0 if rung.drop_language else language, max(echelon, rung.echelon)
                for slot in range(len(self.languages)):
                    self.lists[q, s, slot] = []
                    self.able[q, s, slot] = {
                        a for a in range(len(self.ids)) if self._meets(a, ways, slot, language, echelon)
                    }
            for slot in range(len(self.languages)):
                for a in self.able[q, len(plan.ladder), slot]:
                    self.reach[a].append((q, slot))

    def _meets(self, a: int, ways: list[dict[str, int]], slot: int, language: int, echelon: int) -> bool:
        levels, code = self.levels[a], self.languages[slot]
        if self.echelon[a] > echelon or (code is not None and levels[code] < language):
            return False
        return any(all(levels[k] >= v for k, v in way.items()) for way in ways)

    def arrive(self, contact: int, q: int, boost: float, slot: int, now: float) -> list[tuple[int, int]]:
        """A contact enters the queue."""
        key = self.points[q] + round(boost * UNITS_PER_POINT) - self.rate[q] * round(now * 1000)
        entry = (-key, now, contact)
        self._put((q, 0, slot), entry)
        self.waiting[q] += 1
        return self._after_change(q, [(q, 0, slot)], now)

    def _put(self, at: Class, entry: Key) -> None:
        insort(self.lists[at], entry)
        self.place[entry[2]] = (at, entry)
        plan: QueuePlan = self.plans[at[0]]
        for step in plan.ladder[at[1] :]:
            if step.after_seconds is not None:
                heapq.heappush(self.timers, (entry[1] + step.after_seconds, entry[2]))
                return

    def advance(self, now: float) -> list[tuple[int, int]]:
        """Move contacts whose next step opened."""
        moved: list[Class] = []
        while self.timers and self.timers[0][0] <= now:
            _, contact = heapq.heappop(self.timers)
            if contact not in self.place:
                continue
            (q, s, slot), entry = self.place[contact]
            line = self.lists[q, s, slot]
            del line[bisect_left(line, entry)]
            opened = [
                n
                for n, step in enumerate(self.plans[q].ladder, start=1)
                if step.after_seconds is not None and now >= entry[1] + step.after_seconds
            ]
            self._put((q, max(opened), slot), entry)
            moved.append((q, max(opened), slot))
        return self._settle(moved, now) if moved else []

    def _after_change(self, q: int, touched: list[Class], now: float) -> list[tuple[int, int]]:
        before = self.opened[q]
        self._threshold(q)
        if self.opened[q] > before:
            touched = [at for at in self.lists if at[0] == q]
        return self._settle(touched, now)

    def _threshold(self, q: int) -> None:
        opened = 0
        for n, step in enumerate(self.plans[q].ladder, start=1):
            if step.waiting_over is not None and self.waiting[q] >= step.waiting_over:
                opened = n
        self.opened[q] = opened

    def _settle(self, touched: list[Class], now: float) -> list[tuple[int, int]]:
        pairs: list[tuple[int, int]] = []
        while self.free:
            heads = []
            for at in touched:
                if self.lists[at] and self.able[self._effective(at)] & self.free:
                    entry = self.lists[at][0]
                    heads.append((entry[0] - self.rate[at[0]] * round(now * 1000), entry[1], entry[2], at))
            if not heads:
                break
            at = min(heads)[3]
            able = self.able[self._effective(at)] & self.free
            a = min(able, key=lambda a: (self._cost(a, at, now), self.idle_since[a], self.ids[a]))
            pairs.append((self._give(at, a), a))
        return pairs

    def _effective(self, at: Class) -> Class:
        return (at[0], max(at[1], self.opened[at[0]]), at[2])

    def _cost(self, a: int, at: Class, now: float) -> float:
        q, step, slot = self._effective(at)
        plan, weights = self.plans[q], self.weights
        first = next((s for s in range(step) if a in self.able[q, s, slot]), step)
        asked = [self.levels[a][code] for code in plan.required]
        code = self.languages[slot]
        if code is not None and plan.language_level:
            asked.append(self.levels[a][code])
        fit = 1.0 - sum(asked) / (5.0 * len(asked)) if asked else 0.0
        idle = min(max(0.0, now - self.idle_since[a]) / 60.0, weights.idle_cap_minutes)
        return weights.echelon * self.echelon[a] + weights.step * first + weights.fit * fit - weights.idle * idle

    def _give(self, at: Class, a: int) -> int:
        contact = self.lists[at].pop(0)[2]
        del self.place[contact]
        self.waiting[at[0]] -= 1
        self._threshold(at[0])
        self.free.discard(a)
        return contact

    def finish(self, a: int, now: float) -> list[tuple[int, int]]:
        """An agent ends a call and takes the best contact there is."""
        self.free.add(a)
        self.idle_since[a] = now
        now_ms, best, chosen = round(now * 1000), None, None
        for q, slot in self.reach[a]:
            for s in range(len(self.plans[q].ladder) + 1):
                line = self.lists[q, s, slot]
                if line and a in self.able[q, max(s, self.opened[q]), slot]:
                    entry = line[0]
                    head = (entry[0] - self.rate[q] * now_ms, entry[1], entry[2])
                    if best is None or head < best:
                        best, chosen = head, (q, s, slot)
        return [(self._give(chosen, a), a)] if chosen is not None else []
