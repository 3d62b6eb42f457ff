from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from denghuo.core import moment
from tests.apps.field.site import Site, build
from tests.apps.teams.kit import Kit, make

#: a Wednesday morning in the local time zone
WEDNESDAY = dt.datetime(2026, 7, 15, 9, 30)


@pytest.fixture
def wednesday() -> Iterator[dt.datetime]:
    """The business clock stands at a Wednesday."""
    at = timezone.make_aware(WEDNESDAY)
    with moment.held(at):
        yield at


@pytest.fixture
def kit(wednesday: dt.datetime, org_tree: Any, make_staff: Any) -> Kit:
    return make(org_tree, make_staff)


@pytest.fixture
def site(org_tree: Any, make_staff: Any, actor_for_role: Any) -> Site:
    return build(org_tree, make_staff, actor_for_role)
