"""What every test may use: a synced database, an org tree, staff with roles, their actors and browsers.

``org_tree``     company → province → two cities → counties → teams
``make_staff``   a person with a role on a unit; their password is :data:`PASSWORD`
``actor_for_role``  the :class:`Actor` of such a person
``browser_for``  a Django test client signed in as such a person
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

SRC = Path(__file__).resolve().parents[1] / "src"
if str(SRC) not in sys.path:
    sys.path.insert(0, str(SRC))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "denghuo.config.settings")
os.environ.setdefault("DENGHUO_EMBEDDER", "none")  # the search by words alone; a test that wants vectors says so

if TYPE_CHECKING:
    from django.test import Client

    from denghuo.apps.accounts.models import Staff
    from denghuo.core.actors import Actor
    from denghuo.core.scoping.models import OrgUnit

PASSWORD = "lamp-post-forty-two"
LONG_AGO = dt.datetime(2021, 1, 1, tzinfo=dt.UTC)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--update-query-counts`` writes the counts of SQL statements found into the committed table."""
    parser.addoption("--update-query-counts", action="store_true", help="write tests/query_counts.toml anew")


def pytest_configure(config: pytest.Config) -> None:
    """Settings that only tests need: quick password hashing, static files without a build."""
    from django.conf import settings

    from tests.helpers import query_counts

    query_counts.update = config.getoption("--update-query-counts")

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]
    settings.ALLOWED_HOSTS = ["*"]


@pytest.fixture(scope="session", autouse=True)
def _own_var(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keys and files of a test run stay out of the checkout."""
    from django.conf import settings

    settings.VAR = tmp_path_factory.mktemp("var")
    settings.FILES_ROOT = settings.VAR / "files"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Roles and shipped policies are there in every test (post_migrate writes them; here is the proof)."""
    from denghuo.apps.accounts.sync import sync_all
    from denghuo.apps.channels.sync import sync_channels

    with django_db_blocker.unblock():
        sync_all()
        sync_channels()


@pytest.fixture(autouse=True)
def _fresh_caches(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[None]:
    """No test sees another's policies, rate limits, language or jobs, nor an index of rows that a test has emptied."""
    from django.core.cache import cache
    from django.utils import translation

    from denghuo.apps.knowledge.searching.holder import holder
    from denghuo.core.held import clear_all

    clear_all()
    cache.clear()
    yield
    clear_all()
    cache.clear()
    translation.activate("zh-hans")
    mark = request.node.get_closest_marker("django_db")
    if "transactional_db" in request.fixturenames or (mark is not None and mark.kwargs.get("transaction")):
        holder().forget()
        with django_db_blocker.unblock():
            _forget_jobs()


def _forget_jobs() -> None:
    """Django empties the tables it manages; the jobs a test committed are in tables that it does not."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


@dataclass(frozen=True)
class OrgTree:
    """A small company. ``city`` has ``county`` (team ``team``) and ``county_b``; ``other_city`` has ``other_county``."""

    company: OrgUnit
    province: OrgUnit
    city: OrgUnit
    county: OrgUnit
    team: OrgUnit
    county_b: OrgUnit
    team_b: OrgUnit
    other_city: OrgUnit
    other_county: OrgUnit
    other_team: OrgUnit


@pytest.fixture
def org_tree(db: None) -> OrgTree:
    """The org tree that tests of scope stand on."""
    from denghuo.core.scoping.models import OrgKind, OrgUnit

    def unit(kind: str, code: str, name: str, parent: OrgUnit | None) -> OrgUnit:
        return OrgUnit.objects.create(kind=kind, code=f"T-{code}", name=name, name_en=code, parent=parent)

    company = unit(OrgKind.COMPANY, "company", "灯火电力公司", None)
    province = unit(OrgKind.PROVINCE, "province", "云岭省公司", company)
    city = unit(OrgKind.CITY, "city", "清河市公司", province)
    county = unit(OrgKind.COUNTY, "county", "柳溪县公司", city)
    county_b = unit(OrgKind.COUNTY, "county-b", "松原区公司", city)
    other_city = unit(OrgKind.CITY, "other-city", "平川市公司", province)
    other_county = unit(OrgKind.COUNTY, "other-county", "石桥县公司", other_city)
    return OrgTree(
        company=company,
        province=province,
        city=city,
        county=county,
        team=unit(OrgKind.TEAM, "team", "柳溪抢修一班", county),
        county_b=county_b,
        team_b=unit(OrgKind.TEAM, "team-b", "松原抢修一班", county_b),
        other_city=other_city,
        other_county=other_county,
        other_team=unit(OrgKind.TEAM, "other-team", "石桥抢修一班", other_county),
    )


MakeStaff = Callable[..., "Staff"]


@pytest.fixture
def make_staff(org_tree: OrgTree) -> MakeStaff:
    """``make_staff("agent", org_tree.city, username=…)``: a person with that role there, or with none for ``""``."""
    from denghuo.apps.accounts.models import Role, RoleGrant, Staff

    numbers = itertools.count(1)

    def make(role: str = "", org: OrgUnit | None = None, **fields: Any) -> Staff:
        number = next(numbers)
        unit = org or org_tree.province
        staff = Staff(
            username=fields.pop("username", f"{role or 'person'}{number:02d}"),
            display_name=fields.pop("display_name", f"测试员{number}"),
            employee_no=fields.pop("employee_no", f"T{number:05d}"),
            org=fields.pop("home", unit),
            **fields,
        )
        staff.set_password(PASSWORD)
        staff.save()
        if role:
            RoleGrant.objects.create(staff=staff, role=Role.objects.get(code=role), org=unit, valid_from=LONG_AGO)
        return staff

    return make


@pytest.fixture
def actor_for_role(make_staff: MakeStaff) -> Callable[..., Actor]:
    """``actor_for_role("dispatcher", org_tree.city)``: the actor of a new person with that role there."""
    from denghuo.apps.accounts.queries import actor_for

    def make(role: str, org: OrgUnit | None = None, **fields: Any) -> Actor:
        return actor_for(make_staff(role, org, **fields))

    return make


@pytest.fixture
def browser_for(make_staff: MakeStaff) -> Callable[..., Client]:
    """``browser_for("supervisor", org_tree.city)``: a test client with that person signed in, as ``client.staff``."""
    from django.test import Client

    def make(role: str = "", org: OrgUnit | None = None, staff: Staff | None = None, **fields: Any) -> Client:
        person = staff or make_staff(role, org, **fields)
        client = Client()
        client.force_login(person)
        client.staff = person  # type: ignore[attr-defined]
        return client

    return make


@pytest.fixture
def system() -> Actor:
    """The product itself as an actor; may do everything."""
    from denghuo.core.actors import Actor

    return Actor.system("test")
