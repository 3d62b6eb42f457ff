"""Building the simulated province."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from denghuo.apps.accounts.models import RoleGrant, Staff
from denghuo.apps.contacts.models import AgentProfile, Queue, QueuePlan, Seat
from denghuo.apps.customers.models import Account, Bill, Customer, CustomerTag, MeterMonth, PeerMonth, TariffChoice
from denghuo.apps.customers.queries import account_by_number
from denghuo.apps.field.models import Crew, CrewMember
from denghuo.apps.floor.models import FloorThreshold
from denghuo.apps.grid.models import Transformer
from denghuo.core.errors import Conflict
from denghuo.core.events import Event
from denghuo.core.scoping.models import OrgKind, OrgUnit
from denghuo.demo import basemap, checking, province, usage
from denghuo.demo.geography import build_land, lonlat
from denghuo.demo.sizes import SIZES
from denghuo.engine.geo import contains_many

pytestmark = pytest.mark.django_db


@pytest.fixture
def built(settings: Any, tmp_path: Path) -> province.Built:
    settings.VAR = tmp_path
    return province.build(11, "small")


def test_a_small_province_has_what_it_says(built: province.Built) -> None:
    assert (built.accounts, built.staff, built.crews) == (2_000, 60, 8)
    found = checking.counts()
    assert {key: found[key] for key in ("units", "staff", "crews", "feeders", "transformers", "customers", "accounts")} == {
        "units": built.units, "staff": 60, "crews": 8, "feeders": 20, "transformers": 80, "customers": built.customers,
        "accounts": 2_000,
    }  # fmt: skip
    assert checking.problems() == []


def test_the_same_seed_builds_the_same_province(built: province.Built, settings: Any, tmp_path: Path) -> None:
    first_map = basemap.path().read_bytes()
    for model in (FloorThreshold, QueuePlan, Queue, AgentProfile, Seat):
        model.objects.all().delete()
    for model in (Bill, MeterMonth, PeerMonth, TariffChoice, CustomerTag):
        model.objects.all().delete()
    for model in (Account, Customer, CrewMember, Crew, Transformer):
        model.objects.all().delete()
    from denghuo.apps.grid.models import Feeder, FeederSection, Substation

    for model in (FeederSection, Feeder, Substation, RoleGrant, Staff):
        model.objects.all().delete()
    for unit in OrgUnit.objects.order_by("-path"):
        unit.delete()
    again = province.build(11, "small")
    assert again.checksum == built.checksum
    assert basemap.path().read_bytes() == first_map


def test_building_into_a_database_with_people_is_refused(built: province.Built) -> None:
    with pytest.raises(Conflict) as refused:
        province.build(12, "small")
    assert refused.value.code == "not_empty"
    assert OrgUnit.objects.count() == built.units


def test_one_event_tells_of_the_whole_load(built: province.Built) -> None:
    event = Event.objects.get(kind="demo.province_built")
    assert event.payload["accounts"] == 2_000
    assert event.payload["checksum"] == built.checksum == province.checksum()


def test_accounts_stand_inside_their_county(built: province.Built) -> None:
    land = build_land(11, SIZES["small"])
    codes = dict(OrgUnit.objects.filter(kind=OrgKind.COUNTY).values_list("code", "pk"))
    for county in land.counties:
        places = list(Account.objects.filter(org_id=codes[county.code]).values_list("lon", "lat"))
        ring = [lonlat(corner) for corner in county.ring]
        inside = contains_many(ring, [p[0] for p in places], [p[1] for p in places])
        # Degrees are rounded to a metre, so a house on the border may fall to the other side.
        assert inside.mean() > 0.999


def test_every_role_has_somebody_who_can_act(built: province.Built) -> None:
    held = set(RoleGrant.objects.values_list("role__code", flat=True))
    assert held >= {
        "agent", "callback_agent", "supervisor", "dispatcher", "crew_leader", "crew_member", "inspector",
        "knowledge_editor", "planner", "data_steward", "manager", "system_admin", "security_admin", "audit_admin",
    }  # fmt: skip
    assert not any(staff.has_usable_password() for staff in Staff.objects.all())


def test_a_crew_is_led_by_its_first_member_and_belongs_to_a_team(built: province.Built) -> None:
    leader = CrewMember.objects.select_related("crew__org", "staff").get(staff__username="crew001a")
    assert leader.is_leader
    assert leader.crew.org.kind == OrgKind.TEAM
    assert leader.staff.org_id == leader.crew.org_id


def test_dispatchers_come_city_first_then_county(built: province.Built) -> None:
    kinds = [
        Staff.objects.select_related("org").get(username=f"dispatcher{number:02d}").org.kind for number in range(1, 7)
    ]
    assert kinds == [OrgKind.CITY] * 2 + [OrgKind.COUNTY] * 4


def test_personal_data_is_sealed_and_found_by_its_index(built: province.Built) -> None:
    account = Account.objects.select_related("customer").order_by("pk")[100]
    found = account_by_number(account.number)
    assert found is not None
    assert found.pk == account.pk
    assert found.address.startswith("云溪省")
    raw = Account.objects.values_list("number", flat=True).get(pk=account.pk)
    assert account.number not in raw.token


def test_the_map_is_written_beside_the_data(built: province.Built) -> None:
    collection = json.loads(basemap.path().read_text(encoding="utf-8"))
    counties = [f for f in collection["features"] if f["properties"]["layer"] == "county"]
    assert {c["properties"]["code"] for c in counties} == set(
        OrgUnit.objects.filter(kind="county").values_list("code", flat=True)
    )


def test_progress_is_reported_to_the_end(settings: Any, tmp_path: Path) -> None:
    settings.VAR = tmp_path
    heard: list[tuple[str, int, int]] = []
    built = province.build(3, "small", lambda *step: heard.append(step))
    told = [step for step in heard if step[0] == "accounts"]
    assert told[-1] == ("accounts", built.customers + built.accounts, built.customers + built.accounts)
    assert heard[-1] == ("usage", built.accounts * usage.MONTHS, built.accounts * usage.MONTHS)
