"""What the crew wrote beside what the customer says, as the desk shows it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from denghuo.apps.requests.callbacks.choices import Aspect
from denghuo.apps.requests.callbacks.script import NO, YES
from denghuo.apps.requests.models import Request
from denghuo.core import policies
from denghuo.engine.language.accounts import (
    CrewAccount,
    CustomerAccount,
    Difference,
    compare_accounts,
    marked,
)

Pieces = list[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class Sides:
    """Both accounts with the differing words marked, and the differences by aspect."""

    crew: Pieces
    customer: Pieces
    differences: list[Difference]

    def by_aspect(self) -> list[tuple[str, str, Difference | None]]:
        """Every aspect with its label and the difference found, those found first."""
        found = {one.aspect: one for one in self.differences}
        rows = [(code, str(label), found.get(code)) for code, label in Aspect.choices]
        return sorted(rows, key=lambda row: row[2] is None)


def sides_of(worked: Request, said: str, answers: dict[str, str]) -> Sides:
    """Lay the ticket's account of ``worked`` beside what the customer says.

    ``answers`` are those of a script: ``resolved``, ``arrival``, ``arrival_said``, ``charged``, ``attitude`` are looked at,
    ``charged_what`` and ``differs`` count as words.
    """
    words = "，".join(part for part in (said, answers.get("charged_what", ""), answers.get("differs", "")) if part)
    crew = CrewAccount(
        arrived=_local(worked.arrived_at), restored=_local(worked.restored_at), result=worked.result,
        cause=worked.get_cause_display() if worked.cause else "",
    )  # fmt: skip
    customer = CustomerAccount(
        words=words, arrival=answers.get("arrival_said", ""), resolved=_yes(answers.get("resolved")),
        arrival_right=_yes(answers.get("arrival")), charged=_yes(answers.get("charged")),
        met=False if answers.get("attitude") == "not_met" else None,
    )  # fmt: skip
    tolerance = dt.timedelta(minutes=policies.get("callback.time_tolerance_minutes", worked.org))
    found = compare_accounts(crew, customer, tolerance=tolerance)
    return Sides(
        marked(worked.result, [one.crew for one in found]), marked(words, [one.customer for one in found]), found
    )


def _yes(answer: str | None) -> bool | None:
    return {YES: True, NO: False}.get(answer or "")


def _local(value: dt.datetime | None) -> dt.datetime | None:
    return timezone.localtime(value) if value is not None else None
