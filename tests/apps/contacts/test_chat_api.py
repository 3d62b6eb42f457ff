"""The customers' chat by its public API: what one may do with one's own key, and what nobody may do without."""

from __future__ import annotations

import datetime as dt
import io
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from denghuo.apps.contacts import actions, talk, visits
from denghuo.apps.contacts.access import contact_token
from denghuo.apps.contacts.idle import sweep_idle
from denghuo.apps.contacts.models import Contact, Message, Rating
from denghuo.apps.contacts.plans import Estimate
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.events import timeline
from denghuo.core.http.limits import buckets

API = "/api/v1/chat"
PHONE = "13900001234"
SHUT = Estimate(False, "人工服务时间为 8:30 至 17:30", None, None, 1, "", False, True, True)


@pytest.fixture(autouse=True)
def _fresh_limits() -> Iterator[None]:
    buckets.clear()
    yield
    buckets.clear()


class Visitor:
    """A customer at a browser without cookies."""

    def __init__(self, org: Any) -> None:
        self.org, self.client, self.body, self.key = org, Client(), {}, ""

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        if self.key:
            headers.setdefault("Authorization", f"Bearer {self.key}")
        data = "" if body is None else json.dumps(body)
        return self.client.generic(method, API + path, data, content_type="application/json", headers=headers)

    def open(self, **more: Any) -> Any:
        body = {"client_id": str(uuid.uuid4()), "org_id": self.org.pk, "topic": "billing", **more}
        answer = self.call("POST", "/contacts", body)
        if answer.status_code == 201:
            self.body, self.key = answer.json(), answer.json()["access"]
        return answer

    @property
    def own(self) -> str:
        return f"/contacts/{self.body['id']}"

    def say(self, text: str, key: str = "") -> Any:
        return self.call("POST", f"{self.own}/messages", {"client_id": key or str(uuid.uuid4()), "text": text})

    def send(self, name: str, content: bytes, key: str = "") -> Any:
        data = {"file": SimpleUploadedFile(name, content), "client_id": key or str(uuid.uuid4())}
        return self.client.post(f"{API}{self.own}/files", data, headers={"Authorization": f"Bearer {self.key}"})

    @property
    def said(self) -> list[dict[str, Any]]:
        return self.call("GET", f"{self.own}/messages").json()["items"]

    @property
    def state(self) -> dict[str, Any]:
        return self.call("GET", self.own).json()


@pytest.fixture
def visitor(org_tree: Any) -> Visitor:
    return Visitor(org_tree.county)


@pytest.fixture
def agent(actor_for_role: Callable[..., Actor], org_tree: Any) -> Actor:
    return actor_for_role("agent", org_tree.city)


def answer(agent: Actor, visitor: Visitor, text: str = "您好", audience: str = "everyone") -> Message:
    pk = visitor.body["id"]
    return actions.post_message(agent, pk, client_id=uuid.uuid4(), text=text, sender="agent", audience=audience)


def picture(color: str = "orange") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), color).save(out, "JPEG")
    return out.getvalue()


def test_a_chat_from_the_first_word_to_the_rating(visitor: Visitor, agent: Actor) -> None:
    made = visitor.open(text="电费怎么这么多", text_id=str(uuid.uuid4()))
    assert made.status_code == 201
    assert (visitor.body["state"], visitor.body["position"]) == ("waiting", 1)
    assert visitor.body["stream"]["place"]
    actions.take_contact(agent, visitor.body["id"])
    assert visitor.state["state"] == "in_service"
    assert visitor.state["agent"].endswith("号坐席")
    answer(agent, visitor)
    assert visitor.say("谢谢").status_code == 201
    assert [(m["sender"], m["kind"]) for m in visitor.said] == [
        ("customer", "text"), ("system", "notice"), ("agent", "text"), ("customer", "text"),
    ]  # fmt: skip
    ids = [m["id"] for m in visitor.said]
    assert [m["previous_id"] for m in visitor.said] == [0, *ids[:-1]]
    after = visitor.call("GET", f"{visitor.own}/messages?after={ids[1]}").json()["items"]
    assert ([m["id"] for m in after], after[0]["previous_id"]) == (ids[2:], ids[1])
    assert visitor.call("POST", f"{visitor.own}/end").json()["state"] == "ended"
    rated = visitor.call("POST", f"{visitor.own}/rating", {"score": 5, "resolved": True, "comment": "很快"})
    assert rated.json()["rating"] == {"score": 5, "resolved": True, "comment": "很快"}
    assert "contact.rated" in [e.kind for e in timeline("contact", visitor.body["id"])]


def test_sending_anything_twice_makes_it_once(visitor: Visitor, agent: Actor) -> None:
    key, said = str(uuid.uuid4()), str(uuid.uuid4())
    first = visitor.open(client_id=key, text="一", text_id=said)
    again = visitor.open(client_id=key, text="一", text_id=said)
    assert (first.json()["id"], Contact.objects.count()) == (again.json()["id"], 1)
    one, two = visitor.say("二", said + ""), visitor.say("二", said)
    assert one.status_code == 409, "an id that belongs to another text is refused"
    key = str(uuid.uuid4())
    one, two = visitor.say("二", key), visitor.say("二", key)
    assert one.json()["id"] == two.json()["id"]
    photo, key = picture(), str(uuid.uuid4())
    one, two = visitor.send("a.jpg", photo, key), visitor.send("a.jpg", photo, key)
    assert (one.status_code, one.json()["id"]) == (201, two.json()["id"])
    assert Message.objects.count() == 3


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("GET", "/messages", None),
        ("POST", "/messages", {"client_id": str(uuid.uuid4()), "text": "x"}),
        ("POST", "/callback", {"phone": PHONE}),
        ("POST", "/leave", {"client_id": str(uuid.uuid4()), "text": "x", "phone": PHONE}),
        ("POST", "/end", None),
        ("POST", "/rating", {"score": 5}),
    ],
)
def test_without_the_own_key_a_conversation_does_not_exist(
    visitor: Visitor, org_tree: Any, method: str, path: str, body: Any
) -> None:
    visitor.open()
    other = Visitor(org_tree.county)
    other.open()
    real, absent = f"/contacts/{visitor.body['id']}{path}", f"/contacts/99999999{path}"
    for key in (other.key, "forged", "", signing.dumps(visitor.body["id"], salt="another")):
        told = [other.call(method, at, body, Authorization=f"Bearer {key}") for at in (real, absent)]
        assert [one.status_code for one in told] == [404, 404]
        assert told[0].json()["detail"] == told[1].json()["detail"], "nobody learns which ones exist"


def test_a_whisper_reaches_the_customer_by_no_way(visitor: Visitor, agent: Actor) -> None:
    visitor.open()
    actions.take_contact(agent, visitor.body["id"])
    answer(agent, visitor, "客户情绪激动，注意安抚", audience="staff")
    answer(agent, visitor, "请您放心")
    assert "安抚" not in json.dumps(visitor.said, ensure_ascii=False)
    old = Client().get(f"/api/v1/contacts/{visitor.body['id']}/messages", {"access": visitor.key})
    assert [m["text"] for m in old.json()["items"] if m["kind"] == "text"] == ["请您放心"]
    assert not {"staff_id", "audience"} & {k for m in old.json()["items"] for k, v in m.items() if v is not None}
    for kind in ("txt", "html"):
        text = Client().get(visitor.state["transcript"][kind]).content.decode()
        assert "请您放心" in text
        assert "安抚" not in text


def test_a_transcript_masks_numbers_of_persons_and_opens_only_by_its_link(visitor: Visitor, agent: Actor) -> None:
    visitor.open(phone=PHONE)
    actions.take_contact(agent, visitor.body["id"])
    visitor.say("我的电话是 13912345678，身份证 11010519491231002X")
    link = visitor.state["transcript"]["txt"]
    told = Client().get(link)
    text = told.content.decode()
    assert told["Content-Disposition"].startswith("attachment")
    assert "我的电话是" in text
    for secret in (PHONE, "13912345678", "11010519491231002X"):
        assert secret not in text
    assert Client().get(link.replace(link[-12:-6], "AAAAAA")).status_code == 404
    assert Client().get(link[:-3] + "pdf").status_code == 404


def test_when_nobody_serves_a_chat_is_refused_and_a_message_can_be_left(
    visitor: Visitor, agent: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from denghuo.apps.contacts import queues
    from denghuo.apps.contacts.actions import visiting

    monkeypatch.setattr(visiting, "estimate", lambda queue, at: SHUT)
    monkeypatch.setattr(visits, "estimate", lambda queue, at: SHUT)
    monkeypatch.setattr(queues, "choose", lambda *_args: _queue(visitor.org))
    shut = visitor.open()
    assert (shut.status_code, shut.json()["code"]) == (409, "chat_closed")
    assert "8:30" in shut.json()["detail"]
    door = visitor.call("GET", f"?org_id={visitor.org.pk}").json()
    assert (door["open"], door["offer_message"]) == (False, True)
    empty = visitor.open(handling="message", text="", phone="")
    assert empty.status_code == 422
    assert set(empty.json()["errors"]) == {"text", "phone"}
    left = visitor.open(handling="message", text="电表不转", text_id=str(uuid.uuid4()), phone=PHONE, name="王")
    assert (left.status_code, left.json()["handling"]) == (201, "message")
    row = Contact.objects.get(pk=left.json()["id"])
    assert (row.handling, row.state, row.caller_phone) == ("message", "waiting", PHONE)
    assert next(m["text"] for m in visitor.said) == "电表不转"


def _queue(org: Any) -> Any:
    from denghuo.apps.contacts.models import Queue

    return Queue.objects.get_or_create(
        code="t-chat",
        defaults={"name": "在线", "name_en": "Chat", "channels": ["web_chat"], "channel_class": "chat", "org": org},
    )[0]


def test_a_closed_channel_says_why(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    from denghuo.apps.contacts.actions import visiting

    monkeypatch.setattr(visiting, "channel_open", lambda channel, org: (False, "系统升级中"))
    told = visitor.open()
    assert (told.status_code, told.json()["detail"]) == (409, "系统升级中")


def test_who_asks_to_be_called_back_keeps_the_place(visitor: Visitor, org_tree: Any) -> None:
    visitor.open()
    before = Contact.objects.get(pk=visitor.body["id"])
    later = Visitor(org_tree.county)
    later.open()
    assert visitor.call("POST", f"{visitor.own}/callback", {"phone": "abc"}).status_code == 422
    told = visitor.call("POST", f"{visitor.own}/callback", {"phone": PHONE}).json()
    assert (told["handling"], told["position"]) == ("callback", 1)
    row = Contact.objects.get(pk=before.pk)
    assert (row.entered_at, row.callback_phone) == (before.entered_at, PHONE)
    assert later.state["position"] == 2
    kinds = [e.kind for e in timeline("contact", row.pk)]
    assert kinds.count("contact.callback_asked") == 1


def test_who_will_not_wait_leaves_a_message_or_goes(visitor: Visitor, org_tree: Any, agent: Actor) -> None:
    visitor.open()
    key = str(uuid.uuid4())
    told = visitor.call("POST", f"{visitor.own}/leave", {"client_id": key, "text": "回头再说", "phone": PHONE})
    assert told.json()["handling"] == "message"
    gone = Visitor(org_tree.county)
    gone.open()
    assert gone.call("POST", f"{gone.own}/end").json()["state"] == "abandoned"
    assert gone.call("POST", f"{gone.own}/end").json()["state"] == "abandoned", "leaving twice is leaving"
    assert gone.call("POST", f"{gone.own}/callback", {"phone": PHONE}).status_code == 409
    assert gone.say("等等").status_code == 409


def test_files_are_what_they_claim_and_only_the_own_link_opens_them(visitor: Visitor, agent: Actor) -> None:
    visitor.open()
    sent = visitor.send("家.jpg", picture())
    assert sent.status_code == 201
    url = sent.json()["file"]["url"]
    assert Client().get(url).status_code == 200
    assert Client().get(f"{url}?thumbnail=true")["Content-Type"] == "image/jpeg"
    assert Client().get(url[:-4] + "AAAA").status_code == 404
    row = Message.objects.get(pk=sent.json()["id"])
    assert Client().get(f"/api/v1/contacts/{row.contact_id}/files/{row.file_id}").status_code == 401
    pdf = b"%PDF-1.4\n" + b"x" * 50 + b"\n%%EOF\n"
    assert visitor.send("清单.pdf", pdf).json()["kind"] == "file"
    for name, content, word in (
        ("a.exe", b"MZ" + b"0" * 100, "不支持"),
        ("a.png", picture(), "扩展名"),
        ("a.mp3", b"ID3" + b"0" * 100, "不支持"),
        ("a.jpg", b"", "空"),
        ("a.jpg", picture()[:60], "损坏"),
    ):
        refused = visitor.send(name, content)
        assert refused.status_code == 422
        assert word in refused.json()["errors"]["file"][0]


def test_a_file_too_large_or_too_many_is_refused(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    real = policies.get
    limits = {"file.max_bytes": 500, "chat.files_per_contact": 1}
    monkeypatch.setattr(policies, "get", lambda key, *rest: limits.get(key, real(key, *rest)))
    visitor.open()
    assert "上限" in visitor.send("a.jpg", picture() + b"0" * 500).json()["errors"]["file"][0]
    limits["file.max_bytes"] = 100_000
    assert visitor.send("a.jpg", picture()).status_code == 201
    assert "最多" in visitor.send("b.jpg", picture("red")).json()["errors"]["file"][0]


def test_a_rating_is_given_once_and_may_be_changed_for_a_while(visitor: Visitor, agent: Actor) -> None:
    visitor.open()
    give = lambda score: visitor.call("POST", f"{visitor.own}/rating", {"score": score})  # noqa: E731
    assert give(5).status_code == 409, "not before it has ended"
    actions.take_contact(agent, visitor.body["id"])
    actions.end_contact(agent, visitor.body["id"])
    assert give(9).status_code == 422
    assert give(5).status_code == 200
    assert give(2).json()["rating"]["score"] == 2
    assert Rating.objects.count() == 1
    past = moment.now() - dt.timedelta(minutes=policies.get("chat.rating_edit_minutes") + 1)
    Rating.objects.update(at=past)
    assert give(1).status_code == 409
    assert visitor.state["may_rate"] is False


def test_floods_are_stopped(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    real = policies.get
    low = {"contact.messages_per_minute": 2, "contact.public_per_minute": 1, "chat.files_per_minute": 1}
    monkeypatch.setattr(policies, "get", lambda key, *rest: low.get(key, real(key, *rest)))
    visitor.open()
    assert visitor.open().status_code == 429
    answers = [visitor.say("x").status_code for _ in range(3)]
    assert answers == [201, 201, 429]
    monkeypatch.undo()


def test_a_customer_who_has_gone_quiet_is_reminded_once_and_then_let_go(visitor: Visitor, agent: Actor) -> None:
    visitor.open()
    actions.take_contact(agent, visitor.body["id"])
    long = dt.timedelta(seconds=policies.get("chat.idle_remind_seconds") + 5)

    def age() -> None:
        for row in Message.objects.all():
            Message.objects.filter(pk=row.pk).update(at=row.at - long)

    age()
    assert sweep_idle() == (0, 0), "who waits for the first word is not the quiet one"
    answer(agent, visitor, "请问户号？")
    assert sweep_idle() == (0, 0)
    age()
    assert sweep_idle() == (1, 0)
    assert sweep_idle() == (0, 0)
    visitor.say("在")
    age()
    assert sweep_idle() == (0, 0)
    answer(agent, visitor, "好的")
    age()
    assert sweep_idle() == (1, 0)
    age()
    Contact.objects.update(taken_at=moment.now() - 6 * long, served_at=moment.now() - 6 * long)
    assert sweep_idle() == (0, 1)
    assert (visitor.state["state"], visitor.said[-1]["data"]) == ("ended", {"code": "idle_ended"})


def test_a_message_costs_three_statements(visitor: Visitor, agent: Actor) -> None:
    visitor.open()
    actions.take_contact(agent, visitor.body["id"])
    visitor.say("先热一下")
    with CaptureQueriesContext(connection) as seen:
        assert visitor.say("正文").status_code == 201
    work = [q["sql"] for q in seen if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(work) == 3, work
    actor = Actor(kind="customer", id=None, name="customer")
    with CaptureQueriesContext(connection) as seen:
        actions.post_message(
            actor, visitor.body["id"], client_id=uuid.uuid4(), text="再来", sender="customer",
            access=contact_token(Contact.objects.get(pk=visitor.body["id"])),
        )  # fmt: skip
    assert len([q for q in seen if "core_event" in q["sql"]]) == 1


def test_the_page_works_without_a_script_as_far_as_leaving_a_message(org_tree: Any) -> None:
    page = Client().get("/hall/chat/")
    assert page.status_code == 200
    form = {"client_id": str(uuid.uuid4()), "topic": "fault", "text": "没电", "phone": "12", "name": ""}
    wrong = Client().post("/hall/chat/", form)
    assert wrong.status_code in (200, 422)
    assert "没电" in wrong.content.decode(), "nothing typed is lost"
    done = Client().post("/hall/chat/", form | {"phone": PHONE, "files": SimpleUploadedFile("a.jpg", picture())})
    row = Contact.objects.get()
    assert (row.handling, row.messages.filter(kind="image").count()) == ("message", 1)
    assert f"C{row.pk:08d}" in done.content.decode()


def test_only_sites_named_by_policy_may_embed_the_chat(org_tree: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = policies.get
    given = {"chat.widget_origins": ["https://www.example.com", "https://bad;script-src *"]}
    monkeypatch.setattr(policies, "get", lambda key, *rest: given.get(key, real(key, *rest)))
    page = Client().get("/hall/chat/?embed=1&lang=en")
    csp = page["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://www.example.com;" in csp + ";"
    assert "bad" not in csp
    assert "X-Frame-Options" not in page
    assert "Online" in page.content.decode() or 'lang="en"' in page.content.decode()
    assert "frame-ancestors 'none'" in Client().get("/")["Content-Security-Policy"]


def test_the_demonstration_page_is_only_in_a_demonstration(settings: Any, org_tree: Any) -> None:
    settings.DEMO = False
    assert Client().get("/hall/chat/demo/").status_code == 404
    settings.DEMO = True
    assert "widget.js" in Client().get("/hall/chat/demo/").content.decode()


def test_a_file_link_tells_nothing_else(visitor: Visitor) -> None:
    visitor.open()
    assert talk.file_of("x") is None
    assert talk.file_of(signing.dumps([1, 2], salt="another")) is None
    assert talk.file_of(talk.file_url(7, 8).rsplit("/", 1)[1]) == (7, 8)
