"""How the robot does: talks by result, the share it solved alone, and why people took over."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Avg, Count, QuerySet

from denghuo.apps.assistant.choices import REASONS, TalkResult
from denghuo.apps.assistant.models import RobotTalk
from denghuo.core.actors import Actor

VIEW = "contacts.view"


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the talks that ended in a period. Shares are of those, 0…1 (None: there were none). ``solved`` counts talks that
    ended with an answer that helped or a request made, without people."""

    total: int
    solved: int
    handed_over: int
    left: int
    open: int
    turns: float | None
    reasons: tuple[tuple[str, int], ...]

    @property
    def solve_rate(self) -> float | None:
        """机器人解决率."""
        return self.solved / self.total if self.total else None

    @property
    def takeover_rate(self) -> float | None:
        """转人工率."""
        return self.handed_over / self.total if self.total else None


def talks_of(actor: Actor) -> QuerySet[RobotTalk]:
    """The talks of the units an actor sees, newest first (index ``assistant_talk_org``)."""
    return RobotTalk.objects.visible_to(actor, VIEW).select_related("org").order_by("-began_at", "-pk")


def figures(actor: Actor, since: dt.datetime, until: dt.datetime) -> Figures:
    """Three statements over ``assistant_talk_org``."""
    rows = RobotTalk.objects.visible_to(actor, VIEW).filter(began_at__gte=since, began_at__lt=until)
    counts = {row["result"]: row["n"] for row in rows.values("result").annotate(n=Count("pk")).order_by()}
    reasons = (
        rows.filter(result=TalkResult.HANDED_OVER).values("reason").annotate(n=Count("pk")).order_by("-n", "reason")
    )
    done = rows.exclude(result=TalkResult.OPEN)
    solved = counts.get(TalkResult.SOLVED, 0) + counts.get(TalkResult.REQUEST_MADE, 0)
    return Figures(
        sum(counts.values()) - counts.get(TalkResult.OPEN, 0), solved, counts.get(TalkResult.HANDED_OVER, 0),
        counts.get(TalkResult.LEFT, 0), counts.get(TalkResult.OPEN, 0), done.aggregate(turns=Avg("turns"))["turns"],
        tuple((str(REASONS.get(row["reason"], row["reason"])), row["n"]) for row in reasons),
    )  # fmt: skip
