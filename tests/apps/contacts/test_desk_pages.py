"""The agent's desk: the page, and the endpoints that keep it up to date."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.accounts.queries import actor_for
from denghuo.apps.contacts import actions
from denghuo.apps.contacts.access import contact_token
from denghuo.apps.contacts.actions.agents import sign_on
from denghuo.apps.contacts.models import Contact, Disposition, PhraseRule
from denghuo.apps.contacts.phrases import forget
from denghuo.apps.customers.models import Customer
from denghuo.core.actors import Actor
from denghuo.core.live.tokens import read_token
from tests.helpers.query_counts import counted

pytestmark = pytest.mark.django_db
PHONE = "13900001234"


@pytest.fixture
def agent(browser_for: Any, org_tree: Any) -> Client:
    """Somebody signed on and ready."""
    client: Client = browser_for("agent", org_tree.city)
    sign_on(person(client))
    return client


def person(client: Client) -> Actor:
    return actor_for(client.staff)  # type: ignore[attr-defined]


def chat(org: Any, **changes: Any) -> Contact:
    return actions.open_contact(Actor.system("chat"), **{"channel": "web_chat", "org": org, **changes})


def serve(client: Client, org: Any, **changes: Any) -> Contact:
    taken = actions.take_contact(person(client), chat(org, **changes).pk)
    assert taken is not None
    return taken


def write_as_customer(contact: Contact, text: str) -> int:
    row = actions.post_message(
        Actor.customer(),
        contact.pk,
        client_id=uuid.uuid4(),
        text=text,
        sender="customer",
        access=contact_token(contact),
    )
    return row.pk


def block(page: str, name: str) -> Any:
    """A JSON data block of the page."""
    start = page.index(f'id="{name}"')
    begin = page.index(">", start) + 1
    return json.loads(page[begin : page.index("</script>", begin)])


def ask(client: Client, path: str) -> Any:
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.content.decode()
    return answer.json()


def post(client: Client, path: str, body: Any = None, status: int = 200) -> Any:
    answer = client.post(f"/api/v1{path}", json.dumps(body or {}), content_type="application/json")
    assert answer.status_code == status, answer.content.decode()
    return answer.json() if answer.content else None


def test_the_page_brings_everything_needed_for_the_first_look(agent: Client, org_tree: Any) -> None:
    PhraseRule.objects.create(pattern="测试忌语", kind="forbidden", advice="由您决定")
    forget()
    customer = Customer.objects.create(org=org_tree.county, name="江小满", phone=PHONE)
    mine = serve(agent, org_tree.county, customer_id=customer.pk, subject="查询电费")
    chat(org_tree.county, subject="更名过户")
    with counted("pages.contacts.desk"):
        page = agent.get("/staff/desk/").content.decode()
    state, settings = block(page, "desk-state"), block(page, "desk-settings")
    assert [(row["id"], row["name"]) for row in state["conversations"]] == [(mine.pk, "江小满")]
    assert [row["subject"] for row in state["waiting"]["items"]] == ["更名过户"]
    assert any(rule["pattern"] == "测试忌语" and rule["advice"] == "由您决定" for rule in settings["rules"])
    assert state["me"]["state"] == "busy" and "接听下一个" in page and "坐席工作台" in page
    heard = read_token(state["live_token"])
    assert heard.topics == {f"agent:{person(agent).id}", f"contact:{mine.pk}"}


def test_ten_conversations_cost_as_many_queries_as_one(agent: Client, org_tree: Any, system: Actor) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost() -> list[str]:
        """Tables asked, policies apart: their cache runs out by the clock."""
        with CaptureQueriesContext(connection) as seen:
            ask(agent, "/desk")
        tables = [query["sql"].partition(' FROM "')[2].partition('"')[0] for query in seen.captured_queries]
        return sorted(name for name in tables if "polic" not in name)

    from denghuo.apps.contacts.actions.agents import set_profile

    set_profile(system, person(agent).id, capacity={"chat": 12, "voice": 1, "deferred": 1})
    write_as_customer(serve(agent, org_tree.county), "你好")
    chat(org_tree.county)
    ask(agent, "/desk")
    few = cost()
    for _number in range(9):
        write_as_customer(serve(agent, org_tree.county), "你好")
        chat(org_tree.county)
    assert cost() == few


def test_the_desk_endpoint_costs_what_the_table_says(agent: Client, org_tree: Any) -> None:
    write_as_customer(serve(agent, org_tree.county), "你好")
    ask(agent, "/desk")
    with counted("api.desk"):
        ask(agent, "/desk")


def test_another_citys_people_see_nothing_of_it(browser_for: Any, agent: Client, org_tree: Any) -> None:
    mine = serve(agent, org_tree.county)
    chat(org_tree.county, subject="查询电费")
    stranger = browser_for("agent", org_tree.other_city)
    desk = ask(stranger, "/desk")
    assert desk["waiting"]["count"] == 0 and desk["conversations"] == []
    assert stranger.get(f"/api/v1/desk/contacts/{mine.pk}/messages").status_code == 404
    crew = browser_for("crew_member", org_tree.city)
    assert crew.get("/api/v1/desk").status_code == 403 and crew.get("/staff/desk/").status_code == 403


def test_unread_and_waiting_are_counted_until_read_and_answered(agent: Client, org_tree: Any) -> None:
    mine = serve(agent, org_tree.county)
    write_as_customer(mine, "你好")
    last = write_as_customer(mine, "在吗")
    [row] = ask(agent, "/desk")["conversations"]
    assert row["unread"] == 2 and row["waiting_since"] and row["last"]["text"] == "在吗"
    post(agent, f"/desk/contacts/{mine.pk}/read", {"message_id": last}, 204)
    [row] = ask(agent, "/desk")["conversations"]
    assert row["unread"] == 0 and row["waiting_since"]
    post(agent, f"/desk/contacts/{mine.pk}/messages", {"client_id": str(uuid.uuid4()), "text": "您好"}, 201)
    [row] = ask(agent, "/desk")["conversations"]
    assert row["waiting_since"] is None


def test_messages_come_in_order_behind_a_place_and_sending_twice_is_harmless(agent: Client, org_tree: Any) -> None:
    mine = serve(agent, org_tree.county)
    write_as_customer(mine, "你好")
    body = {"client_id": str(uuid.uuid4()), "text": "您好，请讲"}
    one = post(agent, f"/desk/contacts/{mine.pk}/messages", body, 201)
    assert post(agent, f"/desk/contacts/{mine.pk}/messages", body, 201)["id"] == one["id"]
    whisper = {"client_id": str(uuid.uuid4()), "text": "老客户，注意", "audience": "staff"}
    post(agent, f"/desk/contacts/{mine.pk}/messages", whisper, 201)
    rows = ask(agent, f"/desk/contacts/{mine.pk}/messages")["items"]
    said = [(row["text"], row["audience"]) for row in rows if row["sender"] != "system"]
    assert said == [("你好", "everyone"), ("您好，请讲", "everyone"), ("老客户，注意", "staff")]
    behind = ask(agent, f"/desk/contacts/{mine.pk}/messages?after={one['id']}")["items"]
    assert [row["text"] for row in behind] == ["老客户，注意"] and behind[0]["previous_id"] == one["id"]


def test_phones_in_the_talk_are_hidden_from_who_may_not_see_them(
    browser_for: Any, agent: Client, org_tree: Any
) -> None:
    mine = serve(agent, org_tree.county)
    write_as_customer(mine, f"打 {PHONE} 找我")
    lead = browser_for("supervisor", org_tree.city)
    assert PHONE in ask(agent, f"/desk/contacts/{mine.pk}/messages")["items"][-1]["text"]
    assert PHONE not in ask(lead, f"/desk/contacts/{mine.pk}/messages")["items"][-1]["text"]


def test_a_talk_longer_than_one_answer_is_read_backwards(agent: Client, org_tree: Any, monkeypatch: Any) -> None:
    from denghuo.apps.contacts import desk_queries

    monkeypatch.setattr(desk_queries, "SAID_LIMIT", 3)
    mine = serve(agent, org_tree.county)
    ids = [write_as_customer(mine, f"第 {number} 句") for number in range(6)]
    last = ask(agent, f"/desk/contacts/{mine.pk}/messages")
    assert [row["id"] for row in last["items"]] == ids[3:] and last["more"]
    before = ask(agent, f"/desk/contacts/{mine.pk}/messages?before={ids[3]}")
    assert [row["id"] for row in before["items"]] == ids[:3]


def test_the_queue_is_searched_and_hides_what_is_anothers(agent: Client, browser_for: Any, org_tree: Any) -> None:
    colleague = browser_for("agent", org_tree.city)
    sign_on(person(colleague))
    handed = serve(agent, org_tree.county, subject="过户")
    chat(org_tree.county, subject="查询电费")
    actions.transfer_contact(person(agent), handed.pk, to_agent_id=person(colleague).id)
    assert [row["subject"] for row in ask(agent, "/desk")["waiting"]["items"]] == ["查询电费"]
    theirs = ask(colleague, "/desk")["waiting"]["items"]
    assert [(row["subject"], row["for_me"]) for row in theirs] == [("过户", True), ("查询电费", False)]
    assert [row["subject"] for row in ask(colleague, "/desk/waiting?q=电费")["items"]] == ["查询电费"]


def test_a_colleague_is_asked_in_from_the_desk_and_sees_the_talk(
    agent: Client, browser_for: Any, org_tree: Any
) -> None:
    colleague = browser_for("agent", org_tree.city)
    sign_on(person(colleague))
    mine = serve(agent, org_tree.county)
    targets = ask(agent, f"/desk/contacts/{mine.pk}/targets")
    assert [row["id"] for row in targets["agents"]] == [person(colleague).id]
    post(
        agent,
        f"/desk/contacts/{mine.pk}/invite",
        {"staff_id": person(colleague).id, "role": "consult", "note": "阶梯电价"},
    )
    [row] = ask(colleague, "/desk")["conversations"]
    assert (row["role"], row["party_state"], row["party_note"]) == ("consult", "invited", "阶梯电价")
    post(colleague, f"/desk/contacts/{mine.pk}/join")
    desk = ask(colleague, "/desk")
    assert f"contact:{mine.pk}" in desk["topics"]
    assert ask(agent, "/desk")["conversations"][0]["parties"][0]["state"] == "joined"
    post(agent, f"/desk/contacts/{mine.pk}/leave", {"staff_id": person(colleague).id})
    assert ask(colleague, "/desk")["conversations"] == []


def test_a_listener_is_not_shown_to_the_agent(agent: Client, browser_for: Any, org_tree: Any) -> None:
    lead = browser_for("supervisor", org_tree.city)
    mine = serve(agent, org_tree.county)
    post(lead, f"/desk/contacts/{mine.pk}/monitor")
    assert ask(agent, "/desk")["conversations"][0]["parties"] == []
    assert ask(lead, "/desk")["conversations"][0]["role"] == "monitor"
    post(lead, f"/desk/contacts/{mine.pk}/barge")
    assert ask(agent, "/desk")["conversations"][0]["parties"][0]["role"] == "barge"
    assert agent.post(f"/api/v1/desk/contacts/{mine.pk}/monitor").status_code == 403


def test_wrap_up_closes_once_with_its_disposition_and_forgets_drafts(agent: Client, org_tree: Any) -> None:
    mine = serve(agent, org_tree.county)
    kind = Disposition.objects.create(code="t-bill", name="电费咨询", name_en="Bill")
    put = agent.put(
        "/api/v1/desk/drafts",
        json.dumps({"key": f"contact:{mine.pk}:reply", "body": "您好"}), content_type="application/json",
    )  # fmt: skip
    assert put.status_code == 204 and ask(agent, "/desk/drafts")["drafts"] == {f"contact:{mine.pk}:reply": "您好"}
    actions.end_contact(person(agent), mine.pk)
    [row] = ask(agent, "/desk")["conversations"]
    assert row["state"] == "wrap_up" and row["ended_at"]
    wrong = agent.post(
        f"/api/v1/desk/contacts/{mine.pk}/wrap-up",
        json.dumps({"outcome": "request_made", "disposition_id": kind.pk}), content_type="application/json",
    )  # fmt: skip
    assert wrong.status_code == 422 and "request_id" in wrong.json()["errors"]
    body = {"outcome": "answered", "disposition_id": kind.pk, "note": "已解释"}
    assert post(agent, f"/desk/contacts/{mine.pk}/wrap-up", body)["state"] == "closed"
    mine.refresh_from_db()
    assert (mine.disposition_id, mine.wrap_note) == (kind.pk, "已解释")
    assert ask(agent, "/desk/drafts")["drafts"] == {} and ask(agent, "/desk")["conversations"] == []


def test_what_can_be_quoted_is_the_customers_own(agent: Client, org_tree: Any) -> None:
    unknown = serve(agent, org_tree.county)
    assert ask(agent, f"/desk/contacts/{unknown.pk}/quotes") == {"items": []}


def test_a_picture_goes_out_once(agent: Client, org_tree: Any) -> None:
    import io

    from django.core.files.uploadedfile import SimpleUploadedFile
    from PIL import Image

    mine = serve(agent, org_tree.county)
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "#c9b58b").save(out, "PNG")
    one = str(uuid.uuid4())

    def send() -> Any:
        file = SimpleUploadedFile("电表.png", out.getvalue(), content_type="image/png")
        return agent.post(f"/api/v1/desk/contacts/{mine.pk}/files", {"client_id": one, "file": file})

    first, again = send(), send()
    assert first.status_code == again.status_code == 201, first.content.decode()
    assert first.json()["id"] == again.json()["id"] and first.json()["kind"] == "image"
    assert agent.get(first.json()["file"]["url"]).status_code == 200


def test_the_request_form_stands_beside_the_talk_and_leaves_it_open(agent: Client, org_tree: Any) -> None:
    mine = serve(agent, org_tree.county, caller_phone=PHONE)
    write_as_customer(mine, "你好")
    write_as_customer(mine, "家里没电了，地址是柳溪县滨河路 18 号")
    url = f"/staff/requests/new/?contact={mine.pk}&sheet=1"
    page = agent.get(url).content.decode()
    assert "<html" not in page and "家里没电了" in page and 'value="柳溪县滨河路 18 号"' in page and PHONE in page
    data = {
        "type": "consulting", "caller_name": "江小满", "caller_phone": PHONE, "org_id": org_tree.county.pk,
        "address": "滨河路 18 号", "description": "家里没电了", "idempotency_key": str(uuid.uuid4()),
    }  # fmt: skip
    assert agent.post(url, {**data, "caller_name": ""}).status_code == 422
    answer = agent.post(url, {**data, "idempotency_key": str(uuid.uuid4())})
    assert answer.status_code == 204, answer.content.decode()
    told = json.loads(answer["HX-Trigger"])["desk-request"]
    mine.refresh_from_db()
    assert (mine.state, mine.request_id) == ("in_service", told["request"]) and told["contact"] == mine.pk
    assert ask(agent, "/desk")["conversations"][0]["request_id"] == told["request"]
