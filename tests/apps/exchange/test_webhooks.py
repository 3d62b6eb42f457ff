"""Signed webhooks: told once in order, told again until taken, never to an address of our own house."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from denghuo.apps.exchange.actions import deliveries, subscriptions
from denghuo.apps.exchange.models import Delivery, Subscription
from denghuo.apps.exchange.webhooks import guard, pauses, sending, signing
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events import record
from denghuo.core.events.testing import drain, recorded
from tests.apps.exchange.kit import Receiver, run_jobs, set_policy
from tests.helpers.refusals import refused

SYSTEM = Actor.system("test")


def note(org: Any, number: int, kind: str = "request.replied") -> None:
    record(SYSTEM, kind, ("request", number), org=org, payload={"unit_id": number, "round": 1})


def subscribe(org: Any, receiver: Receiver, **options: Any) -> tuple[Subscription, str]:
    data = {"name": "数据中台", "url": receiver.url + "/hook", "kinds": ["request.*"], "org": org, **options}
    return subscriptions.save_subscription(SYSTEM, None, **data)


def tell() -> None:
    """What the relay and a worker do."""
    drain(["exchange.webhooks"])
    run_jobs()


def due_now(**filters: Any) -> None:
    Delivery.objects.filter(state="pending", **filters).update(next_at=timezone.now() - dt.timedelta(seconds=1))


def test_a_receiver_gets_each_event_once_in_order_and_can_check_the_signature(
    org_tree: Any, receiver: Receiver
) -> None:
    note(org_tree.county, 1)  # before the subscription: not told
    _row, secret = subscribe(org_tree.city, receiver)
    for number in (2, 3, 4):
        note(org_tree.county, number)
    note(org_tree.other_county, 5)
    tell()
    tell()
    assert [call.json["subject"] for call in receiver.calls] == ["request/2", "request/3", "request/4"]
    for call in receiver.calls:
        assert call.signed_by(secret)
        assert call.headers["content-type"].startswith("application/cloudevents+json")
        assert call.id == f"evt_{call.json['id']}"
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


def test_the_secret_is_sealed_in_the_database(org_tree: Any, receiver: Receiver) -> None:
    from django.db import connection

    _row, secret = subscribe(org_tree.city, receiver)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secrets FROM exchange_subscription")
        assert secret not in cursor.fetchone()[0]


def test_while_a_secret_is_changed_both_fit_and_afterwards_only_the_new_one(org_tree: Any, receiver: Receiver) -> None:
    row, old = subscribe(org_tree.city, receiver)
    new = subscriptions.rotate_secret(SYSTEM, row.pk)
    note(org_tree.county, 1)
    tell()
    assert receiver.calls[0].signed_by(old) and receiver.calls[0].signed_by(new)
    row.refresh_from_db()
    later = timezone.now() + dt.timedelta(hours=25)
    assert row.held_secrets(later) == [new]


def test_a_failure_is_tried_again_under_the_same_id_and_holds_up_those_behind_it(
    org_tree: Any, receiver: Receiver
) -> None:
    subscribe(org_tree.city, receiver)
    receiver.answer = lambda call: (500, {}, "内部错误 13900001234".encode())
    note(org_tree.county, 1)
    note(org_tree.county, 2)
    tell()
    assert [call.json["subject"] for call in receiver.calls] == ["request/1"]
    first = Delivery.objects.order_by("id").first()
    assert first is not None
    assert (first.state, first.attempts, first.last_status) == ("pending", 1, 500)
    assert "13900001234" not in str(first.tries) and first.next_at > timezone.now() + dt.timedelta(seconds=7)
    receiver.answer = lambda call: (200, {}, b"ok")
    due_now()
    sending.send_waiting(first.subscription_id)
    assert [call.json["subject"] for call in receiver.calls] == ["request/1", "request/1", "request/2"]
    assert receiver.calls[0].id == receiver.calls[1].id and receiver.calls[0].body == receiver.calls[1].body


def test_without_strict_order_others_overtake_one_that_fails(org_tree: Any, receiver: Receiver) -> None:
    subscribe(org_tree.city, receiver, ordered=False)
    receiver.answer = lambda call: (503 if call.json["subject"] == "request/1" else 200, {"Retry-After": "120"}, b"")
    note(org_tree.county, 1)
    note(org_tree.county, 2)
    tell()
    assert list(Delivery.objects.order_by("id").values_list("state", flat=True)) == ["pending", "sent"]
    waiting = Delivery.objects.get(state="pending")
    assert waiting.next_at > timezone.now() + dt.timedelta(seconds=115), "Retry-After is kept to"


def test_pauses_double_up_to_the_longest_and_spread(db: None) -> None:
    set_policy("webhook.longest_pause_seconds", 100)
    assert [pauses.pause_after(n, draw=0.5) for n in (1, 2, 3, 4, 5, 60)] == [10, 20, 40, 80, 100, 100]
    assert pauses.pause_after(1, draw=0.0) == pytest.approx(8)
    assert pauses.pause_after(1, asked=1e9, draw=0.5) == 100


def test_used_up_attempts_make_a_dead_letter_and_then_the_subscription_pauses_with_the_reason(
    org_tree: Any, receiver: Receiver
) -> None:
    set_policy("webhook.attempts", 2)
    set_policy("webhook.pause_after_dead", 2)
    row, _secret = subscribe(org_tree.city, receiver)
    receiver.answer = lambda call: (500, {}, b"")
    for number in (1, 2, 3):
        note(org_tree.county, number)
    with recorded("delivery.died", "subscription.paused") as events:
        tell()
        for _turn in range(3):
            due_now()
            sending.send_waiting(row.pk)
    row.refresh_from_db()
    assert list(Delivery.objects.order_by("id").values_list("state", flat=True)) == ["dead", "dead", "pending"]
    assert row.state == "paused" and "2 条" in row.state_reason
    assert [event.kind for event in events] == ["delivery.died", "delivery.died", "subscription.paused"]
    note(org_tree.county, 4)
    tell()
    assert len(receiver.calls) == 4, "a paused subscription is not called"
    receiver.answer = lambda call: (204, {}, b"")
    subscriptions.resume_subscription(SYSTEM, row.pk)
    run_jobs()
    assert [call.json["subject"] for call in receiver.calls[4:]] == ["request/3", "request/4"], "nothing was lost"
    dead = list(Delivery.objects.filter(state="dead").order_by("id").values_list("pk", flat=True))
    assert deliveries.retry_dead(SYSTEM, dead[:1]) == 1
    deliveries.drop_dead(SYSTEM, dead[1:], reason="对方确认不需要")
    run_jobs()
    assert receiver.calls[-1].json["subject"] == "request/1"
    assert list(Delivery.objects.filter(pk__in=dead).order_by("id").values_list("state", "drop_reason")) == [
        ("sent", ""), ("dropped", "对方确认不需要"),
    ]  # fmt: skip
    with refused(Conflict):
        deliveries.retry_dead(SYSTEM, dead)
    with refused(InvalidInput):
        deliveries.drop_dead(SYSTEM, dead, reason=" ")


def test_410_ends_the_subscription(org_tree: Any, receiver: Receiver) -> None:
    row, _secret = subscribe(org_tree.city, receiver)
    receiver.answer = lambda call: (410, {}, b"")
    note(org_tree.county, 1)
    tell()
    row.refresh_from_db()
    assert row.state == "off" and "410" in row.state_reason
    note(org_tree.county, 2)
    tell()
    assert len(receiver.calls) == 1 and Delivery.objects.count() == 1


def test_a_redirect_is_not_followed(org_tree: Any, receiver: Receiver) -> None:
    subscribe(org_tree.city, receiver)
    receiver.answer = lambda call: (302, {"Location": receiver.url + "/elsewhere"}, b"")
    note(org_tree.county, 1)
    tell()
    assert [call.path for call in receiver.calls] == ["/hook"]
    assert "跳转" in Delivery.objects.get().error


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "https://127.0.0.1/", "https://localhost/", "https://10.1.2.3/", "https://169.254.169.254/latest",
        "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://[2002:0a00:0001::]/", "https://0.0.0.0/",
        "https://192.168.1.1/", "https://2130706433/", "https://0x7f.1/", "http://93.184.216.34/", "ftp://93.184.216.34/",
        "https://user:pass@93.184.216.34/", "https://", "javascript:alert(1)", "https://a b/", "https://224.0.0.1/",
        "https://100.64.0.1/",
    ],
)  # fmt: skip
def test_addresses_of_our_own_house_are_refused(url: str, db: None) -> None:
    with pytest.raises(ValueError) as caught:
        guard.resolve(url)
    assert isinstance(caught.value, guard.Forbidden | guard.Unresolved)


def test_a_public_address_needs_https_and_a_named_network_is_allowed(db: None) -> None:
    assert guard.resolve("https://93.184.216.34/x?y=1").url == "https://93.184.216.34:443/x?y=1"
    set_policy("exchange.private_networks", ["10.8.0.0/16", "nonsense"])
    assert guard.resolve("http://10.8.1.2:8080/in").url == "http://10.8.1.2:8080/in"
    with pytest.raises(guard.Forbidden):
        guard.resolve("http://10.9.1.2/in")


def test_a_name_that_turns_to_a_private_address_later_is_not_called(
    org_tree: Any, receiver: Receiver, monkeypatch: Any
) -> None:
    """The check is made at every call and the call goes to the address that was checked."""
    subscribe(org_tree.city, receiver)
    note(org_tree.county, 1)
    set_policy("exchange.private_networks", [])
    tell()
    assert receiver.calls == []
    row = Delivery.objects.get()
    assert row.state == "dead" and "内网" in row.error


def test_a_subscription_is_refused_with_every_fault_at_its_field(org_tree: Any, actor_for_role: Any) -> None:
    admin = actor_for_role("system_admin", org_tree.city)
    with refused(InvalidInput) as caught:
        subscriptions.save_subscription(
            admin, None, name=" ", url="https://10.0.0.1/", kinds=["staff.created"], org=org_tree.city
        )
    assert set(caught.value.fields) == {"name", "url", "kinds"}
    with refused(NotAllowed):
        subscriptions.save_subscription(admin, None, name="x", url="x", kinds=["request.*"], org=org_tree.other_city)


def test_a_ping_is_signed_like_an_event(org_tree: Any, receiver: Receiver) -> None:
    row, secret = subscribe(org_tree.city, receiver)
    subscriptions.ping(SYSTEM, row.pk)
    run_jobs()
    assert receiver.calls[0].json["type"] == "cn.denghuo.ping" and receiver.calls[0].signed_by(secret)


def test_a_time_can_be_told_again_and_one_delivery_too(org_tree: Any, receiver: Receiver) -> None:
    start = timezone.now()
    row, _secret = subscribe(org_tree.city, receiver)
    for number in (1, 2):
        note(org_tree.county, number)
    note(org_tree.other_county, 3)
    tell()
    until = timezone.now() + dt.timedelta(seconds=1)
    assert subscriptions.replay(SYSTEM, row.pk, since=start, until=until) == 2
    run_jobs()
    deliveries.repeat(SYSTEM, Delivery.objects.order_by("id").first().pk)  # type: ignore[union-attr]
    run_jobs()
    assert [call.json["subject"] for call in receiver.calls] == [f"request/{n}" for n in (1, 2, 1, 2, 1)]
    assert len({call.id for call in receiver.calls}) == 2
    set_policy("webhook.replay_most", 1)
    with refused(InvalidInput):
        subscriptions.replay(SYSTEM, row.pk, since=start, until=until)


def test_two_workers_never_send_for_one_subscription_at_once(org_tree: Any, receiver: Receiver) -> None:
    row, _secret = subscribe(org_tree.city, receiver)
    note(org_tree.county, 1)
    note(org_tree.county, 2)
    drain(["exchange.webhooks"])
    first, second = uuid.uuid4(), uuid.uuid4()
    assert deliveries.claim(SYSTEM, row.pk, first) is not None
    assert deliveries.claim(SYSTEM, row.pk, second) is None


def test_an_attempt_that_outlived_its_lease_changes_nothing(org_tree: Any, receiver: Receiver) -> None:
    row, _secret = subscribe(org_tree.city, receiver)
    note(org_tree.county, 1)
    drain(["exchange.webhooks"])
    slow = deliveries.claim(SYSTEM, row.pk, uuid.uuid4())
    assert slow is not None
    past = timezone.now() - dt.timedelta(seconds=1)
    Subscription.objects.update(leased_until=past)
    due_now()
    assert sending.send_waiting(row.pk) == (1, False)
    late = deliveries.Try(500, "late", 1, "", ok=False)
    assert deliveries.settle(SYSTEM, slow.pk, slow.attempts, late) is None
    assert Delivery.objects.get().state == "sent"


def test_a_swept_delivery_is_taken_up_again(org_tree: Any, receiver: Receiver) -> None:
    from denghuo.apps.exchange.jobs import sweep_webhooks

    subscribe(org_tree.city, receiver)
    receiver.answer = lambda call: (500, {}, b"")
    note(org_tree.county, 1)
    tell()
    receiver.answer = lambda call: (200, {}, b"")
    sweep_webhooks()
    assert run_jobs() == 0, "its pause is not over"
    due_now()
    sweep_webhooks()
    sweep_webhooks()
    assert run_jobs() == 1
    assert Delivery.objects.get().state == "sent"


CHILD = """
import os, sys
import django
django.setup()
from denghuo.apps.exchange.webhooks.sending import send_waiting
send_waiting(int(sys.argv[1]))
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_of_a_call_leaves_it_to_the_next_under_the_same_id(
    org_tree: Any, receiver: Receiver, tmp_path: Path
) -> None:
    from tests.core.events_support import child_environment, until

    row, secret = subscribe(org_tree.city, receiver)
    note(org_tree.county, 1)
    until(lambda: drain(["exchange.webhooks"]) >= 0 and Delivery.objects.exists())
    child: subprocess.Popen[bytes]

    def kill(call: Any) -> Any:
        os.kill(child.pid, signal.SIGKILL)  # the call has arrived, the answer never will
        child.wait()
        return 200, {}, b""

    receiver.answer = kill
    from django.conf import settings

    environment = {**child_environment(), "DENGHUO_VAR": str(settings.VAR)}
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(row.pk)], env=environment)
    assert child.wait(60) == -signal.SIGKILL
    assert [call.json["subject"] for call in receiver.calls] == ["request/1"]
    assert sending.due() == [], "the lease of the dead worker still holds"
    past = timezone.now() - dt.timedelta(seconds=1)
    Subscription.objects.update(leased_until=past, woken_at=None)
    due_now()
    receiver.answer = lambda call: (204, {}, b"")
    assert sending.due() == [row.pk]
    sending.send_waiting(row.pk)
    assert receiver.calls[1].id == receiver.calls[0].id and receiver.calls[1].signed_by(secret)
    assert Delivery.objects.get().state == "sent"


def test_a_signature_is_known_by_the_published_example() -> None:
    """The worked example of the Standard Webhooks specification's reference libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    signed = signing.sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_call_to_us_is_checked_for_signature_and_age() -> None:
    secret, body = signing.new_secret(), b"{}"
    head = signing.headers([signing.new_secret(), secret], "msg_1", 1000, body)
    assert signing.verify(secret, head, body, seconds=300, now=1200) == "msg_1"
    for changed in (
        {**head, "webhook-id": "msg_2"}, {**head, "webhook-timestamp": "1001"}, {**head, "webhook-signature": "v1,xx"},
        {},
    ):  # fmt: skip
        with pytest.raises(signing.BadSignature):
            signing.verify(secret, changed, body, seconds=300, now=1200)
    with pytest.raises(signing.BadSignature):
        signing.verify(secret, head, body, seconds=100, now=1200)
    with pytest.raises(signing.BadSignature):
        signing.verify(secret, head, b"{ }", seconds=300, now=1200)
