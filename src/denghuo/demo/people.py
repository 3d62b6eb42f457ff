"""Units, staff, roles and crews of the simulated province."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from random import Random

from django.contrib.auth.hashers import make_password

from denghuo.apps.accounts.models import Role, RoleGrant, Skill, Staff, StaffSkill
from denghuo.apps.field.models import Crew, CrewMember
from denghuo.core.scoping.models import OrgKind, OrgUnit
from denghuo.demo import names
from denghuo.demo.geography import County, Land, lonlat
from denghuo.demo.sizes import Size

#: user name stem → role code
ROLE_OF = {
    "agent": "agent", "callback": "callback_agent", "supervisor": "supervisor", "dispatcher": "dispatcher",
    "inspector": "inspector", "editor": "knowledge_editor", "planner": "planner", "steward": "data_steward",
    "manager": "manager", "sysadmin": "system_admin", "secadmin": "security_admin", "auditadmin": "audit_admin",
}  # fmt: skip
SINGLE = frozenset({"sysadmin", "secadmin", "auditadmin"})
COMPANY_WIDE = SINGLE
DESK_SKILLS = ("fault", "billing", "connection", "complaint", "english", "sign_language")
CREW_SKILLS = ("low_voltage", "medium_voltage", "metering", "live_line")
SIDES = ("城东", "城西", "城南", "城北", "滨江", "新城")
SINCE = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


@dataclass(slots=True)
class Units:
    """The org tree by its parts."""

    company: OrgUnit
    province: OrgUnit
    cities: list[OrgUnit] = field(default_factory=list)
    counties: dict[str, OrgUnit] = field(default_factory=dict)
    teams: dict[str, list[OrgUnit]] = field(default_factory=dict)


@dataclass(slots=True)
class _Person:
    username: str
    role: str
    home: OrgUnit
    scope: OrgUnit


def build_units(land: Land, size: Size) -> Units:
    """Company → province → cities → counties → teams."""
    company = _unit(OrgKind.COMPANY, "company", *names.COMPANY, None, (0.0, 0.0))
    province = _unit(OrgKind.PROVINCE, names.PROVINCE_CODE, "云溪省电力公司", names.PROVINCE[1], company, (0.0, 0.0))
    units = Units(company, province)
    for city in land.cities:
        parent = _unit(
            OrgKind.CITY, city.code, f"{city.name[:-1]}供电公司", f"{city.name_en} Power Supply", province, city.centre
        )
        units.cities.append(parent)
        for county in city.counties:
            unit = _unit(
                OrgKind.COUNTY,
                county.code,
                f"{county.name}供电公司",
                f"{county.name_en} Power Supply",
                parent,
                county.seat,
            )
            units.counties[county.code] = unit
            units.teams[county.code] = _teams(county, unit, size)
    return units


def _unit(
    kind: OrgKind, code: str, name: str, name_en: str, parent: OrgUnit | None, at: tuple[float, float]
) -> OrgUnit:
    lon, lat = lonlat(at)
    return OrgUnit.objects.create(kind=kind, code=code, name=name, name_en=name_en, parent=parent, lon=lon, lat=lat)


def _teams(county: County, unit: OrgUnit, size: Size) -> list[OrgUnit]:
    teams = []
    for index in range(size.teams[county.kind]):
        town = county.towns[index % len(county.towns)]
        place = SIDES[index] if county.kind == "urban" else town.name[:-1]
        name = f"{county.name[:-1]}{place}供电服务班"
        teams.append(
            _unit(
                OrgKind.TEAM, f"{county.code}{index + 1:02d}", name, f"{county.name_en} Team {index + 1}", unit, town.at
            )
        )
    return teams


def build_staff(units: Units, land: Land, size: Size, seed: int) -> tuple[list[Staff], list[Crew]]:
    """Everybody who works here, with roles, skills and crews. Nobody has a password that works."""
    rng = Random(f"staff:{seed}")
    crews = _crews(units, land, size, rng)
    plan = _office(units, size) + _crew_people(crews, size)
    people_names = names.people(len(plan), rng)
    staff = Staff.objects.bulk_create(
        Staff(
            username=person.username,
            display_name=name,
            employee_no=f"{names.PROVINCE_CODE}{number + 1:06d}",
            org=person.home,
            phone=names.staff_phone(number),
            password=make_password(None),
        )
        for number, (person, name) in enumerate(zip(plan, people_names, strict=True))
    )
    roles = {role.code: role for role in Role.objects.all()}
    RoleGrant.objects.bulk_create(
        RoleGrant(staff=one, role=roles[person.role], org=person.scope, valid_from=SINCE)
        for one, person in zip(staff, plan, strict=True)
    )
    _skills(staff, plan, rng)
    _members(staff, crews, size)
    return staff, crews


def _office(units: Units, size: Size) -> list[_Person]:
    """Those who sit at desks. Agents serve the whole province; dispatchers a city first, then a county each."""
    plan = []
    for stem, count in size.staff.items():
        places = _places(stem, units)
        for number in range(count):
            place = places[number % len(places)]
            username = stem if stem in SINGLE else f"{stem}{number + 1:02d}"
            plan.append(_Person(username, ROLE_OF[stem], place, place))
    return plan


def _places(stem: str, units: Units) -> list[OrgUnit]:
    if stem in COMPANY_WIDE:
        return [units.company]
    if stem == "dispatcher":
        return [*units.cities, *units.counties.values()]
    if stem in {"manager", "supervisor"}:
        return [units.province, *units.cities]
    return [units.province]


def _crews(units: Units, land: Land, size: Size, rng: Random) -> list[Crew]:
    crews: list[Crew] = []
    for county in land.counties:
        for index, team in enumerate(units.teams[county.code]):
            number = len(crews) + 1
            town = county.towns[index % len(county.towns)]
            lon, lat = lonlat((town.at[0] + rng.gauss(0, town.spread / 2), town.at[1] + rng.gauss(0, town.spread / 2)))
            base_lon, base_lat = lonlat(town.at)
            skills = [
                "low_voltage",
                *(["metering"] if index % 2 == 0 else []),
                *(["medium_voltage"] if index % 2 else []),
            ]
            if index == 0:
                skills += ["medium_voltage"]
            if number % 8 == 1:
                skills += ["live_line"]
            crews.append(
                Crew(
                    org=team,
                    code=f"QX{number:03d}",
                    name=f"{county.name[:-1]}抢修{'一二三四五六'[index]}班",
                    vehicle=names.plate(number),
                    skills=sorted(skills),
                    base_lon=base_lon,
                    base_lat=base_lat,
                    lon=lon,
                    lat=lat,
                )
            )
    return Crew.objects.bulk_create(crews)


def _crew_people(crews: list[Crew], size: Size) -> list[_Person]:
    """``crew001a`` leads, ``b``, ``c``… follow."""
    return [
        _Person(
            f"crew{number:03d}{'abcdef'[place]}", "crew_leader" if place == 0 else "crew_member", crew.org, crew.org
        )
        for number, crew in enumerate(crews, start=1)
        for place in range(size.crew_members)
    ]


def _members(staff: list[Staff], crews: list[Crew], size: Size) -> None:
    people = staff[len(staff) - len(crews) * size.crew_members :]
    CrewMember.objects.bulk_create(
        CrewMember(crew=crews[index // size.crew_members], staff=one, is_leader=index % size.crew_members == 0)
        for index, one in enumerate(people)
    )


def _skills(staff: list[Staff], plan: list[_Person], rng: Random) -> None:
    known = {skill.code: skill for skill in Skill.objects.all()}
    rows = []
    for one, person in zip(staff, plan, strict=True):
        if person.role in {"agent", "callback_agent", "supervisor"}:
            codes = [
                "fault",
                *rng.sample(DESK_SKILLS[1:4], k=rng.choice((1, 2, 3))),
                *rng.choices(DESK_SKILLS[4:], k=rng.random() < 0.15),
            ]
        elif person.role.startswith("crew"):
            codes = ["low_voltage", *rng.sample(CREW_SKILLS[1:], k=rng.choice((1, 1, 2)))]
        else:
            continue
        rows += [
            StaffSkill(staff=one, skill=known[code], level=rng.choice((2, 3, 3, 4, 4, 5)))
            for code in codes
            if code in known
        ]
    StaffSkill.objects.bulk_create(rows)
