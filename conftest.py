"""How two workers share the tests: a file at a time; the browser tests as one, so that one platform serves them, and those of
the API as one, so that their province is built once."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling


class ByFile(LoadScopeScheduling):
    """A worker takes a whole file, so that what a file prepares is prepared once; a folder of ``WHOLE`` counts as one file."""

    WHOLE = ("e2e/", "tests/api/")

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in self.WHOLE if nodeid.startswith(folder)), nodeid.split("::", 1)[0])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)
