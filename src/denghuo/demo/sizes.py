"""How large a province is built."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Counts of one size. ``counties`` lists, for each city, the kinds of its counties."""

    name: str
    counties: tuple[tuple[str, ...], ...]
    teams: dict[str, int]
    feeders: dict[str, int]
    transformers_a_feeder: int
    accounts: int
    crew_members: int
    staff: dict[str, int]
    history_days: int
    history_requests: int

    @property
    def county_kinds(self) -> list[str]:
        """The kind of every county, city after city."""
        return [kind for city in self.counties for kind in city]

    @property
    def crews(self) -> int:
        return sum(self.teams[kind] for kind in self.county_kinds)

    @property
    def staff_total(self) -> int:
        return sum(self.staff.values()) + self.crews * self.crew_members


#: the kinds of a city's counties: two districts, a rural and a special remote county
CITY = ("urban", "urban", "rural", "remote")

SIZES = {
    "full": Size(
        name="full",
        counties=(CITY, CITY, ("urban", "urban", "rural", "rural")),
        teams={"urban": 4, "rural": 3, "remote": 2},
        feeders={"urban": 12, "rural": 9, "remote": 6},
        transformers_a_feeder=10,
        accounts=120_000,
        crew_members=4,
        staff={
            "agent": 80, "callback": 12, "supervisor": 8, "dispatcher": 15, "inspector": 6, "editor": 5, "planner": 4,
            "steward": 3, "manager": 4, "sysadmin": 1, "secadmin": 1, "auditadmin": 1,
        },
        history_days=29,
        history_requests=180,
    ),
    "small": Size(
        name="small",
        counties=(("urban", "remote"), ("urban", "rural")),
        teams={"urban": 2, "rural": 2, "remote": 2},
        feeders={"urban": 6, "rural": 5, "remote": 3},
        transformers_a_feeder=4,
        accounts=2_000,
        crew_members=3,
        staff={
            "agent": 12, "callback": 4, "supervisor": 3, "dispatcher": 6, "inspector": 2, "editor": 2, "planner": 1,
            "steward": 1, "manager": 2, "sysadmin": 1, "secadmin": 1, "auditadmin": 1,
        },
        history_days=5,
        history_requests=40,
    ),
}  # fmt: skip
