"""Short messages through a gateway: counted, signed, sent once, reported, and stopped when somebody has enough."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.contacts import actions
from denghuo.apps.contacts.models import ChannelAccount, ChannelIdentity, Contact, Message, OutboundMessage
from denghuo.apps.contacts.outside.probes import probe_of
from denghuo.apps.contacts.ports.sms import count_parts
from denghuo.core import moment
from denghuo.core.actors import Actor
from tests.apps.contacts.outside_kit import deliver, make_account, run_jobs

OUT, IN = "key for what we send", "key for what we get"
SENDER = "13900002222"


def signature(key: str, stamp: str, body: bytes) -> str:
    return hmac.new(key.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


class Gateway:
    """A gateway of the dialect: checks signatures, sends one message per reference, may be told to fail."""

    def __init__(self) -> None:
        self.sent: dict[str, dict[str, Any]] = {}
        self.plan: list[tuple[int, dict[str, Any], dict[str, str]]] = []
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, told, headers = gateway.answer(self.path, body, self.headers)
                raw = json.dumps(told).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST

            def log_message(self, *_arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def answer(self, path: str, body: bytes, headers: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
        if headers.get("X-Signature") != signature(OUT, headers.get("X-Timestamp", ""), body):
            return 401, {"code": "signature"}, {}
        if path == "/status":
            return 200, {"ok": True}, {}
        if self.plan:
            return self.plan.pop(0)
        given = json.loads(body)
        known = self.sent.setdefault(given["ref"], {**given, "id": f"G{len(self.sent) + 1}"})
        return 200, {"id": known["id"]}, {}


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    held = Gateway()
    yield held
    held.server.shutdown()
    held.server.server_close()


@pytest.fixture
def contract(org_tree: Any, gateway: Gateway) -> ChannelAccount:
    settings = {"gateway_url": gateway.base, "sender": "1069095598", "signature": "灯火电力"}
    return make_account(org_tree.province, "sms", "texts", settings, {"outbound_key": OUT, "inbound_key": IN})


def call(told: dict[str, Any], *, key: str = IN, age: int = 0) -> int:
    body, stamp = json.dumps(told).encode(), str(int(time.time()) - age)
    headers = {"X-Timestamp": stamp, "X-Signature": signature(key, stamp, body)}
    return Client().post("/hooks/sms/texts/", body, content_type="application/json", headers=headers).status_code


def text(number: str, said: str) -> dict[str, Any]:
    return {"id": number, "from": SENDER, "to": "1069095598", "text": said, "at": "2026-11-22T08:00:00+08:00"}


@pytest.mark.parametrize(
    ("said", "encoding", "parts"),
    [
        ("a" * 160, "gsm7", 1), ("a" * 161, "gsm7", 2), ("a" * 306, "gsm7", 2), ("a" * 307, "gsm7", 3),
        ("€" * 80, "gsm7", 1), ("€" * 81, "gsm7", 2), ("停" * 70, "ucs2", 1), ("停" * 71, "ucs2", 2),
        ("停" * 134, "ucs2", 2), ("停" * 135, "ucs2", 3), ("😀" * 35, "ucs2", 1), ("😀" * 67, "ucs2", 3),
        ("", "gsm7", 1),
    ],
)  # fmt: skip
def test_a_text_is_counted_as_networks_bill_it(said: str, encoding: str, parts: int) -> None:
    # 67 pairs of two places: a pair is not cut, so 33 fit into a joined part, not 33½.
    assert count_parts(said) == (encoding, parts)


def test_a_message_opens_a_conversation_with_its_number_and_is_acknowledged(
    contract: ChannelAccount, gateway: Gateway
) -> None:
    assert call(text("1", "几点来电")) == 200
    contact = Contact.objects.get()
    assert (contact.channel, contact.handling, contact.caller_phone) == ("sms", "message", SENDER)
    run_jobs()
    assert next(sent["text"] for sent in gateway.sent.values()).startswith("【灯火电力】")
    call(text("2", "喂"))
    run_jobs()
    assert len(gateway.sent) == 1  # acknowledged once, not at every message


def test_the_gateway_may_repeat_itself(contract: ChannelAccount) -> None:
    assert call(text("1", "几点来电")) == 200
    assert call(text("1", "几点来电")) == 200
    assert Message.objects.filter(sender="customer").count() == 1


@pytest.mark.parametrize(("key", "age"), [("wrong key", 0), (IN, 3600), (IN, -3600)])
def test_a_call_with_a_wrong_or_old_signature_is_refused(contract: ChannelAccount, key: str, age: int) -> None:
    assert call(text("1", "x"), key=key, age=age) == 401
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    "told", [{"id": "1"}, {"id": "1", "from": 5, "text": "x"}, {"id": "1", "state": "odd", "ref": "x"}]
)
def test_a_call_that_cannot_be_read_is_refused(contract: ChannelAccount, told: dict[str, Any]) -> None:
    assert call(told) == 422


@pytest.fixture
def served(contract: ChannelAccount, actor_for_role: Any, org_tree: Any) -> tuple[Actor, Contact]:
    call(text("1", "几点来电"))
    run_jobs()
    agent = actor_for_role("agent", org_tree.province)
    contact = actions.take_contact(agent, Contact.objects.get().pk)
    assert contact is not None
    return agent, contact


def say(served: tuple[Actor, Contact], said: str) -> OutboundMessage:
    actions.post_message(served[0], served[1].pk, client_id=uuid.uuid4(), text=said, sender="agent")
    deliver()
    return OutboundMessage.objects.filter(message__text=said).get()


def test_an_answer_is_sent_with_our_signature_and_its_delivery_is_known(served: Any, gateway: Gateway) -> None:
    row = say(served, "预计今晚八点前来电")
    sent = gateway.sent[f"dh-{row.pk}"]
    assert (sent["to"], sent["text"], sent["encoding"], sent["parts"]) == (
        SENDER,
        "【灯火电力】预计今晚八点前来电",
        "ucs2",
        1,
    )
    assert (row.state, row.parts) == ("sent", 1)
    assert call({"id": "d1", "ref": sent["id"], "state": "delivered", "at": "2026-11-22T08:00:05+08:00"}) == 200
    row.refresh_from_db()
    assert row.delivery == "delivered"


def test_an_answer_that_did_not_arrive_is_told_to_the_agent(served: Any, gateway: Gateway) -> None:
    row = say(served, "预计今晚八点前来电")
    call({"id": "d1", "ref": row.provider_ref, "state": "failed", "code": "absent", "at": "2026-11-22T08:00:05+08:00"})
    row.refresh_from_db()
    assert row.delivery == "undelivered"
    assert "absent" in Message.objects.get(contact=served[1], audience="staff").text


def test_a_lost_answer_of_the_gateway_does_not_double_the_message(served: Any, gateway: Gateway) -> None:
    row = say(served, "预计今晚八点前来电")
    OutboundMessage.objects.filter(pk=row.pk).update(state="failed", next_at=moment.now())
    from denghuo.apps.contacts.outside.sending import send

    assert send(row.pk) == 1
    assert sum(sent["text"].endswith("八点前来电") for sent in gateway.sent.values()) == 1


def test_the_gateway_says_when_to_come_again(served: Any, gateway: Gateway) -> None:
    gateway.plan = [(429, {"code": "slow"}, {"Retry-After": "120"})]
    row = say(served, "预计今晚八点前来电")
    assert row.state == "failed"
    assert 100 < (row.next_at - moment.now()).total_seconds() <= 120


def test_what_the_gateway_refuses_and_what_is_too_long_is_given_up(served: Any, gateway: Gateway) -> None:
    gateway.plan = [(422, {"code": "blacklisted"}, {})]
    assert say(served, "一").error == "网关拒绝：blacklisted"
    assert "短信过长" in say(served, "停电" * 400).error


def test_who_has_enough_gets_no_more_until_they_write_again(served: Any, gateway: Gateway) -> None:
    assert call(text("2", " td ")) == 200
    assert not ChannelIdentity.objects.get().subscribed
    assert Message.objects.filter(contact=served[1], data__code="unsubscribed").exists()
    assert "退订" in say(served, "一").error
    call(text("3", "还是想问一下"))
    assert say(served, "二").state == "sent"


def test_the_probe_finds_a_wrong_key(contract: ChannelAccount) -> None:
    assert probe_of("sms")() == "texts"
    contract.secrets = json.dumps({"outbound_key": "other", "inbound_key": IN})
    contract.save()
    with pytest.raises(RuntimeError, match="401"):
        probe_of("sms")()
