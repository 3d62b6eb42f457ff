"""What the replay makes of the platform's books, and how long an offer rings meanwhile."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest

from denghuo.core import moment, policies
from denghuo.demo import ringing
from denghuo.demo.chats import CHATS
from denghuo.demo.replay.conduct import Played
from denghuo.demo.replay.ledger import Arrival, Ledger
from denghuo.demo.replay.report import _service_wrong, _wrong
from denghuo.demo.replay.world import Talk

NOTHING = {"seconds": 0.0, "contact": None, "agent": None}


def played(ledger: Ledger | None = None) -> Played:
    start = dt.datetime(2026, 3, 10, tzinfo=dt.UTC)
    return Played(ledger or Ledger(), start, "0.0.0.0", 1.0, None, "", True, 120.0, 3.0)  # type: ignore[arg-type]


def service(**more: Any) -> dict[str, Any]:
    return {"too_much": [], "idle": NOTHING, "overtaking": NOTHING, **more}


def test_a_short_wait_beside_an_idle_agent_is_the_platforms_own_reaction() -> None:
    assert _service_wrong(played(), service(idle={"seconds": 300.0, "contact": 5, "agent": 6})) == []


def test_a_long_wait_beside_an_idle_agent_is_told_in_seconds_on_the_wall() -> None:
    (text,) = _service_wrong(played(), service(idle={"seconds": 1200.0, "contact": 5, "agent": 6}))
    assert "10.0 秒" in text and "联络 5" in text


def test_an_agent_with_too_much_and_a_chat_read_otherwise_than_said_are_told() -> None:
    ledger = Ledger()
    ledger.unlike.append("9: 4 / 5")
    assert len(_service_wrong(played(ledger), service(too_much=[[3, 4, [[2, "voice", 1.5]]]]))) == 2


def test_a_chat_left_ringing_is_found() -> None:
    arrival = Arrival(0.0, "call", channel="web_chat")
    assert "offered" in _wrong(arrival, {arrival.client_id: {"contacts": 1, "contact_state": "offered"}})


def test_a_message_tried_twice_keeps_its_id_and_the_next_has_another() -> None:
    talk = Talk(CHATS[0], None, 1, str(uuid.uuid4()))  # type: ignore[arg-type]
    first = talk.next_id()
    assert talk.next_id() == first
    talk.said.append(first)
    assert talk.next_id() != first


@pytest.mark.django_db
def test_offers_ring_longer_during_a_replay_and_as_before_afterwards() -> None:
    before = policies.get(ringing.KEY)
    assert ringing.set_seconds(960) == 960
    assert policies.get(ringing.KEY) == 960
    assert ringing.set_seconds(None) == before
    assert ringing.set_seconds(None) == before


@pytest.mark.django_db
def test_a_clock_put_back_to_before_the_replay_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    before, now = policies.get(ringing.KEY), moment.now()
    monkeypatch.setattr(moment, "now", lambda: now + dt.timedelta(days=2))
    ringing.set_seconds(960)
    ringing.set_seconds(None)
    monkeypatch.setattr(moment, "now", lambda: now)
    assert ringing.set_seconds(700) == 700
    assert ringing.set_seconds(None) == before
    monkeypatch.setattr(moment, "now", lambda: now + dt.timedelta(days=3))
    assert policies.get(ringing.KEY) == before
