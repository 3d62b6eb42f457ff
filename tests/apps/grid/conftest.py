"""A small supply tree in the test company."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from denghuo.apps.accounts.actions import issue_token
from denghuo.apps.grid.models import Feeder, Substation, Transformer
from denghuo.core.actors import Actor


@dataclass(frozen=True)
class Grid:
    """Two feeders: ``feeder`` in the county (three transformers), ``other_feeder`` in the other city (one)."""

    feeder: Feeder
    transformers: list[Transformer]
    other_feeder: Feeder
    other: Transformer


@pytest.fixture
def grid(org_tree: Any) -> Grid:
    """Substations, feeders and transformers of two cities."""

    def line(org: Any, code: str, count: int) -> tuple[Feeder, list[Transformer]]:
        substation = Substation.objects.create(org=org, code=f"S{code}", name=f"{code}变电站", lon=130.9, lat=19.7)
        feeder = Feeder.objects.create(org=org, substation=substation, code=f"F{code}", name=f"10kV{code}线")
        below = [
            Transformer.objects.create(
                org=org, feeder=feeder, code=f"T{code}{n}", name=f"{code}{n}号公变", capacity_kva=400,
                lon=130.9 + n / 100, lat=19.7, customers=100 * n,
            )
            for n in range(1, count + 1)
        ]  # fmt: skip
        return feeder, below

    feeder, below = line(org_tree.county, "柳", 3)
    other_feeder, others = line(org_tree.other_county, "石", 1)
    return Grid(feeder, below, other_feeder, others[0])


@pytest.fixture
def bearer(make_staff: Callable[..., Any], org_tree: Any, system: Actor) -> dict[str, str]:
    """Headers of a dispatcher's program."""
    staff = make_staff("dispatcher", org_tree.city)
    return {"Authorization": f"Bearer {issue_token(system, staff, 'test', 1)}"}
