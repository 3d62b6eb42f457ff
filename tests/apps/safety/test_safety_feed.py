"""The feed of positions and hazards, from a real broker to the dispatcher's alarm."""

from __future__ import annotations

import datetime as dt
import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import pytest
from django.db import connection

from denghuo.apps.field.models import Crew
from denghuo.apps.safety.feed.intake import Incoming, Taken, take
from denghuo.apps.safety.feed.memory import Zones
from denghuo.apps.safety.feed.payload import BadMessage, parse
from denghuo.apps.safety.feed.process import Feed
from denghuo.apps.safety.models import FeedState, Hazard, Position, Refusal, SafetyAlarm, SafetyZone, Tracker
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.events import timeline
from denghuo.engine.geo import destination

LON, LAT = 120.1, 30.1


def tracker(org: Any, code: str = "T-1", **more: Any) -> Tracker:
    return Tracker.objects.create(org=org, code=code, **more)


def forbidden(org: Any, **more: Any) -> SafetyZone:
    values = {"kind": "forbidden", "name": "变电站围墙", "lon": LON, "lat": LAT, "radius": 100, "on_enter": True}
    return SafetyZone.objects.create(org=org, valid_from=moment.now() - dt.timedelta(hours=1), **values | more)


def position(code: str = "T-1", *, east: float = 0, ago: float = 0, seq: int = 0, **more: Any) -> Incoming:
    """A reading so many metres east of the middle, so many seconds ago."""
    lon, lat = destination(LON, LAT, 90, east / 1000)
    at = (moment.now() - dt.timedelta(seconds=ago)).isoformat()
    data = {"lon": lon, "lat": lat, "accuracy": 5, "at": at, "seq": seq, **more}
    return Incoming(f"denghuo/safety/{code}/position", json.dumps(data).encode())


def hazard(kind: str, code: str = "T-1", *, ago: float = 0, **more: Any) -> Incoming:
    at = (moment.now() - dt.timedelta(seconds=ago)).isoformat()
    return Incoming(f"denghuo/safety/{code}/hazard", json.dumps({"kind": kind, "at": at, **more}).encode())


def feed(*messages: Incoming) -> Taken:
    return take(Actor.system("test"), messages, Zones())


@pytest.mark.django_db
class TestABatch:
    """What one batch of messages does, without the broker."""

    def test_walking_into_a_forbidden_zone_raises_one_alarm_and_walking_out_marks_it_over(self, org_tree: Any) -> None:
        tracker(org_tree.team)
        zone = forbidden(org_tree.county)
        feed(position(east=300, ago=90), position(east=130, ago=80), position(east=50, ago=70), position(ago=60))
        alarm = SafetyAlarm.objects.get()
        assert (alarm.kind, alarm.stage, alarm.zone, alarm.times) == ("entered", "raised", zone, 1)
        assert Tracker.objects.get().inside == [zone.pk]
        feed(position(east=300, ago=30))
        alarm.refresh_from_db()
        assert alarm.over_at is not None and alarm.stage == "raised"
        assert [e.kind for e in timeline("safety_alarm", alarm.pk)] == ["safety.alarm_raised", "safety.alarm_over"]

    def test_the_same_message_twice_is_one_reading_whether_in_one_batch_or_later(self, org_tree: Any) -> None:
        tracker(org_tree.team)
        one, cry = position(ago=9), hazard("sos")
        other = Incoming(one.topic, json.dumps(json.loads(one.payload) | {"seq": 2}).encode())
        assert feed(one, one, cry) == Taken(2, 1, 0, 1)
        assert feed(one, other, cry) == Taken(1, 2, 0, 0)
        assert Hazard.objects.count() == SafetyAlarm.objects.get().times == 1

    def test_a_late_reading_is_kept_and_moves_nobody(self, org_tree: Any) -> None:
        tracker(org_tree.team)
        feed(position(east=10, ago=5), position(east=400, ago=600))
        assert Position.objects.count() == 2
        assert Tracker.objects.get().lon == pytest.approx(destination(LON, LAT, 90, 0.01)[0])

    def test_an_impossible_jump_does_not_ring(self, org_tree: Any) -> None:
        tracker(org_tree.team)
        forbidden(org_tree.county)
        feed(position(east=20_000, ago=20), position(ago=15), position(east=20_010, ago=10))
        assert not SafetyAlarm.objects.exists()
        assert list(Position.objects.order_by("at").values_list("believed", flat=True)) == [True, False, True]

    def test_a_zone_of_another_crew_or_another_time_concerns_nobody_else(self, site: Any) -> None:
        tracker(site.crew.org, crew=site.crew)
        forbidden(site.crew.org, crew=site.other_crew)
        forbidden(site.crew.org, valid_until=moment.now() - dt.timedelta(minutes=30))
        forbidden(site.crew.org, subjects="vehicle")
        feed(position())
        assert not SafetyAlarm.objects.exists()

    def test_what_cannot_be_taken_is_kept_with_its_reason_and_the_rest_goes_on(self, org_tree: Any) -> None:
        tracker(org_tree.team)
        tracker(org_tree.team, "T-2", active=False)
        bad = Incoming("denghuo/safety/T-1/position", b'{"lon": 1e999, "lat": "\x00"')
        late, ahead = position(ago=3 * 86_400), position(ago=-3600)
        assert feed(bad, bad, late, ahead, position("T-2"), position("nobody"), position()) == Taken(1, 0, 6, 0)
        reasons = sorted(Refusal.objects.values_list("reason", flat=True))
        assert reasons == ["device_off", "future", "json", "too_old", "unknown_device"]
        state = FeedState.objects.get()
        assert (state.taken, state.refused) == (1, 6)

    def test_gas_and_live_voltage_ring_by_their_limits_and_by_the_device_s_own_word(self, org_tree: Any) -> None:
        tracker(org_tree.team)
        feed(
            hazard("gas", substance="co", value=12, unit="ppm"), hazard("gas", substance="o2", value=20.9, unit="%VOL", seq=1),
            hazard("near_voltage", value=3.5, unit="m", kv=110),
        )  # fmt: skip
        assert not SafetyAlarm.objects.exists()
        feed(
            hazard("gas", substance="o2", value=18.2, unit="%VOL", seq=2),
            hazard("near_voltage", value=1.2, kv=110, seq=3),
        )
        assert sorted(SafetyAlarm.objects.values_list("kind", "value")) == [("gas", 18.2), ("near_voltage", 1.2)]
        feed(hazard("gas", substance="o2", value=20.8, unit="%VOL", seq=4))
        assert SafetyAlarm.objects.get(kind="gas").over_at is not None

    def test_a_vehicle_s_place_is_its_crew_s(self, site: Any) -> None:
        tracker(site.crew.org, crew=site.crew, kind="vehicle")
        Crew.objects.filter(pk=site.crew.pk).update(positioned_at=moment.now() - dt.timedelta(hours=1))
        feed(position(east=700))
        assert Crew.objects.get(pk=site.crew.pk).lon == pytest.approx(destination(LON, LAT, 90, 0.7)[0])


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("a/b/c/other", b"{}", "topic"),
        ("a/position", b"{}", "topic"),
        ("d/s/x/position", b"[1]", "json"),
        ("d/s/x/position", b"\xff", "json"),
        ("d/s/x/position", b"[" * 4000, "json"),
        ("d/s/x/position", b"{" + b" " * 5000 + b"}", "size"),
        ("d/s/x/position", b'{"at": "2026-01-01T00:00:00"}', "time"),
        ("d/s/x/position", b'{"at": 1e3}', "time"),
        ("d/s/x/position", b'{"at": 1767225600000, "lon": 1}', "place"),
        ("d/s/x/position", b'{"at": 1767225600000, "lon": 181, "lat": 0}', "range"),
        ("d/s/x/position", b'{"at": 1767225600000, "lon": 1, "lat": NaN}', "json"),
        ("d/s/x/position", b'{"at": 1767225600000, "lon": 1, "lat": 1, "seq": -1}', "field"),
        ("d/s/x/hazard", b'{"at": 1767225600000, "kind": "boom"}', "kind"),
        ("d/s/x/hazard", b'{"at": 1767225600000, "kind": "gas", "unit": "\\ud800"}', "field"),
        ("d/s/x/hazard", b'{"at": 1767225600000, "kind": "gas", "kv": 1%s}' % (b"0" * 400), "field"),
    ],
)
def test_a_bad_message_says_what_is_wrong_with_it(topic: str, payload: bytes, reason: str) -> None:
    with pytest.raises(BadMessage) as refused:
        parse(topic, payload)
    assert refused.value.reason == reason


def run_feed(url: str) -> None:
    """The body of a feed process."""
    feed = Feed(url)
    signal.signal(signal.SIGTERM, feed.stop)
    feed.run()
    os._exit(0)


def started(url: str) -> Any:
    connection.close()  # a forked process must not share it
    process = multiprocessing.get_context("fork").Process(target=run_feed, args=(url,), daemon=True)
    process.start()
    return process


def until(seen: Callable[[], bool]) -> None:
    ends = time.monotonic() + 20
    while not seen():
        assert time.monotonic() < ends, "did not happen in time"
        time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_or_doubled_when_the_feed_is_killed_and_alarms_come_within_the_second(
    broker: str, org_tree: Any
) -> None:
    tracker(org_tree.team)
    forbidden(org_tree.county)
    device = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="device")
    parts = urlsplit(broker)
    device.connect(str(parts.hostname), parts.port or 0)
    device.loop_start()
    send = lambda message: device.publish(message.topic, message.payload, qos=1)  # noqa: E731
    first = started(broker)
    second = None
    try:
        until(lambda: FeedState.objects.filter(connected=True).exists())
        send(position(ago=60))
        until(lambda: SafetyAlarm.objects.filter(kind="entered", stage="raised").exists())
        for n in range(600):
            send(position(ago=59 - n / 100, seq=n))
            if n == 300:
                until(lambda: Position.objects.count() > 50)
                os.kill(first.pid, signal.SIGKILL)
        send(Incoming("denghuo/safety/T-1/position", b"not json"))
        last = send(hazard("sos"))
        last.wait_for_publish(20)
        first.join(10)
        second = started(broker)
        until(lambda: SafetyAlarm.objects.filter(kind="sos").exists())
        until(lambda: FeedState.objects.get().taken == 602)
        second.terminate()
        second.join(20)
        assert second.exitcode == 0
        assert (Position.objects.count(), Hazard.objects.count(), SafetyAlarm.objects.count()) == (601, 1, 2)
        state = FeedState.objects.get()
        assert (state.taken, state.connected) == (602, False)
        assert Refusal.objects.get().reason == "json"
    finally:
        for process in (first, second):
            if process is not None and process.is_alive():
                process.kill()
                process.join(10)
        device.disconnect()
        device.loop_stop()
