"""The service centre's floor in the simulated province: queues, limits, seats, who can take what."""

from __future__ import annotations

from denghuo.apps.accounts.models import Staff
from denghuo.apps.contacts.models import AgentProfile, Seat
from denghuo.apps.contacts.queue_sync import sync_queues
from denghuo.apps.floor.shipped import sync_thresholds
from denghuo.core.scoping.models import OrgUnit

ROW = 8  # seats in a row
ROOMS = (("A 区 热线", "A"), ("B 区 在线", "B"), ("C 区 回访与后援", "C"))
#: role stem -> reserve echelon; agents are the regular floor
ECHELONS = {"callback": 1, "inspector": 2, "supervisor": 3}


def build_floor(centre: OrgUnit) -> int:
    """Queues, limits, a seat for everybody who works on the phones and their profiles; gives the number of seats."""
    sync_queues(centre)
    sync_thresholds(centre)
    agents = list(Staff.objects.filter(username__startswith="agent").order_by("username"))
    half = (len(agents) + 1) // 2
    others = list(Staff.objects.filter(username__startswith="callback").order_by("username"))
    seats = 0
    for (room, letter), people in zip(ROOMS, (agents[:half], agents[half:], others), strict=True):
        seats += _room(centre, room, letter, people)
    _reserves()
    return seats


def _room(centre: OrgUnit, room: str, letter: str, people: list[Staff]) -> int:
    """Rows of seats for ``people`` and a few to spare."""
    count = -(-(len(people) + 2) // ROW) * ROW if people else 0
    seats = Seat.objects.bulk_create(
        Seat(
            org=centre,
            code=f"{letter}{number // ROW + 1}{number % ROW + 1:02d}",
            room=room,
            row=number // ROW + 1,
            column=number % ROW + 1,
        )
        for number in range(count)
    )
    AgentProfile.objects.bulk_create(
        AgentProfile(
            staff=one, org_id=one.org_id, echelon=ECHELONS.get(one.username.rstrip("0123456789"), 0), home_seat=seat
        )
        for one, seat in zip(people, seats, strict=False)
    )
    return len(seats)


def _reserves() -> None:
    """Those who are called in when the regular floor is not enough, without a seat of their own."""
    for stem in ("inspector", "supervisor"):
        people = Staff.objects.filter(username__startswith=stem)
        AgentProfile.objects.bulk_create(
            AgentProfile(staff=one, org_id=one.org_id, echelon=ECHELONS[stem]) for one in people
        )
