"""The routing policy once more, in plain Python, written from its description: slow, exact, without shared code.

Scores are fractions; after every single assignment everything is computed anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

from denghuo.engine.routing import QueuePlan, Settings, SkillFit


@dataclass
class Agent:
    id: int
    skills: dict[str, int]
    capacity: list[int] = field(default_factory=lambda: [1, 3, 5])
    load: list[int] = field(default_factory=lambda: [0, 0, 0])
    ready: bool = True
    idle_since: float = 0.0
    echelon: int = 0


@dataclass
class Contact:
    id: int
    queue: str
    entered_at: float
    boost: float = 0.0
    priority: int = 0
    language: str | None = None
    wanted: int = -1
    wanted_only: bool = False
    not_before: float = float("-inf")


class Reference:
    def __init__(self, plans: list[QueuePlan], skills: list[str], settings: Settings, activated: int = 0):
        self.plans = {plan.code: plan for plan in plans}
        self.skills, self.settings, self.activated = skills, settings, activated

    def score(self, contact: Contact, now: float) -> Fraction:
        plan = self.plans[contact.queue]
        minutes = Fraction(round(now * 1000) - round(contact.entered_at * 1000), 60_000)
        fixed = plan.base_points + contact.boost + contact.priority * self.settings.points_per_priority
        return Fraction(fixed) + Fraction(str(plan.ageing_per_minute)) * minutes

    def order(self, contacts: list[Contact], now: float) -> list[Contact]:
        return sorted(contacts, key=lambda c: (-self.score(c, now), c.entered_at, c.id))

    def time_step(self, contact: Contact, now: float) -> int:
        ladder = enumerate(self.plans[contact.queue].ladder, start=1)
        opened = [n for n, s in ladder if s.after_seconds is not None and now >= contact.entered_at + s.after_seconds]
        return max(opened, default=0)

    def step(self, contact: Contact, contacts: list[Contact], now: float) -> int:
        waiting = sum(c.queue == contact.queue and c.not_before <= now and not c.wanted_only for c in contacts)
        ladder = enumerate(self.plans[contact.queue].ladder, start=1)
        opened = [n for n, s in ladder if s.waiting_over is not None and waiting >= s.waiting_over]
        return max([self.time_step(contact, now), *opened])

    def able(self, agent: Agent, contact: Contact, step: int) -> bool:
        plan = self.plans[contact.queue]
        ways, language, echelon = [dict(plan.required)], plan.language_level, self.activated
        for rung in plan.ladder[:step]:
            ways = [{k: min(v, rung.lower.get(k, v)) for k, v in way.items()} for way in ways]
            if rung.alternative is not None:
                ways.append(dict(rung.alternative))
            language = 0 if rung.drop_language else language
            echelon = max(echelon, rung.echelon)
        if agent.echelon > echelon:
            return False
        if contact.language is not None and agent.skills.get(contact.language, 0) < language:
            return False
        return any(all(agent.skills.get(k, 0) >= v for k, v in way.items()) for way in ways)

    def room(self, agent: Agent, channel: int) -> bool:
        voice, chats, deferred = agent.load
        rules = self.settings
        if not agent.ready or agent.load[channel] >= agent.capacity[channel]:
            return False
        if channel == 2:
            return rules.deferred_beside_live or voice + chats == 0
        if rules.deferred_blocks_live and deferred:
            return False
        if rules.voice_exclusive and channel == 0:
            return chats <= rules.chats_beside_voice
        if rules.voice_exclusive and voice:
            return chats < rules.chats_beside_voice
        return True

    def cost(self, agent: Agent, contact: Contact, step: int, now: float) -> float:
        weights, plan = self.settings.weights, self.plans[contact.queue]
        share = 0.0
        for load, capacity in zip(agent.load, agent.capacity, strict=True):
            share += load / capacity if capacity else 0.0
        first = next((s for s in range(step) if self.able(agent, contact, s)), step)
        asked = [agent.skills.get(code, 0) for code in plan.required]
        if contact.language is not None and plan.language_level:
            asked.append(agent.skills.get(contact.language, 0))
        fit = 1.0 - sum(asked) / (5.0 * len(asked)) if asked else 0.0
        if self.settings.fit == SkillFit.LEAST_SURPLUS:
            fit = sum(agent.skills.values()) / (5.0 * len(self.skills))
        idle = min(max(0.0, now - agent.idle_since) / 60.0, weights.idle_cap_minutes)
        cost = weights.echelon * agent.echelon + weights.load * share
        cost += weights.step * first
        cost += weights.fit * fit
        return cost - weights.idle * idle

    def held(self, contact: Contact, agents: list[Agent], now: float) -> bool:
        wanted = next((a for a in agents if a.id == contact.wanted), None)
        window = contact.entered_at + self.plans[contact.queue].affinity_seconds
        return wanted is not None and now < window and self.able(wanted, contact, 0)

    def agent_for(self, contact: Contact, agents: list[Agent], contacts: list[Contact], now: float) -> Agent | None:
        if contact.not_before > now:
            return None
        channel = self.plans[contact.queue].channel
        free = [a for a in agents if self.room(a, channel)]
        wanted = next((a for a in free if a.id == contact.wanted), None)
        if contact.wanted_only or self.held(contact, agents, now):
            return wanted
        step = self.step(contact, contacts, now)
        if wanted is not None and self.able(wanted, contact, step):
            return wanted
        able = [a for a in free if self.able(a, contact, step)]
        return min(able, key=lambda a: (self.cost(a, contact, step, now), a.idle_since, a.id), default=None)

    def assign(self, agents: list[Agent], contacts: list[Contact], now: float) -> list[tuple[int, int]]:
        """Pairs (contact id, agent id): again and again the first contact in order whom somebody can take."""
        agents, left, pairs = [replace(a, load=list(a.load)) for a in agents], list(contacts), []
        while True:
            for contact in self.order(left, now):
                agent = self.agent_for(contact, agents, left, now)
                if agent is not None:
                    break
            else:
                return pairs
            pairs.append((contact.id, agent.id))
            agent.load[self.plans[contact.queue].channel] += 1
            left.remove(contact)
