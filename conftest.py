"""How two workers share the tests: a file at a time; the browser tests as one, so that one platform serves them, and those of
the API as one, so that their province is built once."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

if "CI" not in os.environ:  # there Hypothesis takes its own profile, which draws the same examples every time
    settings.register_profile("denghuo", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("denghuo")  # what a test says of the product must not hang on how busy the machine is


class ByFile(LoadScopeScheduling):
    """A worker takes a whole file, so that what a file prepares is prepared once; a folder of ``WHOLE`` counts as one file."""

    WHOLE = ("e2e/", "tests/api/")

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in self.WHOLE if nodeid.startswith(folder)), nodeid.split("::", 1)[0])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)
