from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.apps.exchange.kit import Receiver, set_policy
from tests.apps.requests.world import World, build


@pytest.fixture
def world(org_tree: Any, actor_for_role: Any) -> World:
    return build(org_tree, actor_for_role)


@pytest.fixture
def receiver(db: None) -> Iterator[Receiver]:
    """Another system on this machine, which policy allows to call."""
    server = Receiver()
    set_policy("exchange.private_networks", ["127.0.0.1/32"])
    yield server
    server.close()
