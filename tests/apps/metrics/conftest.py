"""The floor watches the whole loop, so its tests stand on the field's site."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.apps.field.site import Site, build


@pytest.fixture(autouse=True)
def _own_files(tmp_path: Path, settings: Any) -> None:
    settings.FILES_ROOT = tmp_path / "files"


@pytest.fixture
def site(org_tree: Any, make_staff: Any, actor_for_role: Any) -> Site:
    return build(org_tree, make_staff, actor_for_role)
