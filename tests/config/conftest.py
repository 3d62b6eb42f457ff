"""Shared by the tests of start-up: waiting for a condition with a deadline, never for a span of time."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

Until = Callable[..., Any]


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    """What is under test writes addresses into the environment; the next test must not find them."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def wait_until(condition: Callable[[], Any], *, seconds: float = 30.0, what: str = "the condition") -> Any:
    """Poll ``condition`` until it is true and return its value; fail the test after ``seconds``."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        pause.wait(0.02)


@pytest.fixture
def until() -> Until:
    """``until(condition, seconds=30, what="…")`` polls until the condition is true."""
    return wait_until
