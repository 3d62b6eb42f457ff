"""How many crews a unit has. Crews belong to an app above this one, which registers the count here."""

from __future__ import annotations

from collections.abc import Callable

Count = Callable[[], dict[str, int]]

_source: list[Count] = []


def register(count: Count) -> None:
    """``count()`` gives, by the path of its team, how many crews there are. The latest registration counts."""
    _source[:] = [count]


def crews_under(paths: list[str]) -> dict[str, int]:
    """Path of a unit → crews in its subtree, from one question; at least 1, so that load is always defined."""
    teams = _source[0]() if _source else {}
    return {path: max(1, sum(n for team, n in teams.items() if team.startswith(path))) for path in paths}
