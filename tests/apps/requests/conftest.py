from __future__ import annotations

from typing import Any

import pytest

from tests.apps.requests.world import World, build


@pytest.fixture
def world(org_tree: Any, actor_for_role: Any) -> World:
    return build(org_tree, actor_for_role)
