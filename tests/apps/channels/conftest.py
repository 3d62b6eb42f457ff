"""Two functions that only these tests register, with the rows they get."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from denghuo.apps.channels import catalog, probes
from denghuo.apps.channels.actions import sync_functions
from denghuo.apps.channels.registry import FUNCTIONS, Answer, Call, Card, Field, register_function
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict

MONTHS = Field("month", "月份", "month")
SIZE = Field("size", "户型", "choice", required=False, choices=(("small", "小户"), ("large", "大户")))


class Counter:
    """What the handlers were called with; ``fail`` makes the next call break."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.fail: Exception | None = None

    def bill(self, call: Call) -> Answer:
        self.calls.append(call)
        if self.fail is not None:
            raise self.fail
        return Answer(
            "本月电费 86.40 元", cards=(Card("电费", (("电量", "160 千瓦时"),)),), reference="B-1", request_id=77
        )


@pytest.fixture
def service(db: None) -> Iterator[Counter]:
    """``bill`` (self-service, wants a month) and ``visit`` (by appointment, chat only); nothing else is registered."""
    kept, counter = dict(FUNCTIONS), Counter()
    FUNCTIONS.clear()
    register_function(
        "bill", name="电费查询", summary="查每月电费", group="query", icon="receipt", url_name="requests:find",
        fields=(MONTHS, SIZE), handler=counter.bill, order=20, guidance="请准备户号",
    )  # fmt: skip
    register_function(
        "visit", name="预约上门", summary="约一个时间", group="service", audience=("resident",), handler=counter.bill,
        modes=("appointment", "assisted"), publish_to={"web_chat": "appointment", "voice": "assisted"}, order=10,
    )  # fmt: skip
    sync_functions(Actor.system("test"))
    catalog.clear()
    yield counter
    FUNCTIONS.clear()
    FUNCTIONS.update(kept)
    catalog.clear()


@pytest.fixture
def warm(monkeypatch: pytest.MonkeyPatch) -> None:
    """What processes hold in memory stays there during the test, however slow the machine: for counts of statements."""
    monkeypatch.setattr("denghuo.core.held.REFRESH_SECONDS", float("inf"))
    monkeypatch.setattr("denghuo.core.moment.clock.REFRESH_SECONDS", float("inf"))


@pytest.fixture
def no_probes() -> Iterator[dict[Any, Any]]:
    """The table of probes, empty for the test."""
    kept = dict(probes.PROBES)
    probes.PROBES.clear()
    yield probes.PROBES
    probes.PROBES.clear()
    probes.PROBES.update(kept)


@pytest.fixture
def refusal() -> Exception:
    """What a handler raises when it cannot go on."""
    return Conflict("账单正在出账，请一小时后再查")
