"""What must have happened before the pictures are taken, told through the public API of a demonstration."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from dataclasses import dataclass, field
from random import Random
from typing import Any

import click
import httpx

from denghuo.demo.replay import pictures

ROUTED_WITHIN = 30.0
CAUSE = "equipment"
RESULT = "更换低压熔断器，测量三相电压正常，客户确认已来电"


@dataclass
class Story:
    """People (usernames) and the requests they stand for."""

    agent: str = ""
    dispatcher: str = ""
    supervisor: str = ""
    caller: str = ""
    editor: str = ""
    leader: str = ""
    running: dict[str, Any] = field(default_factory=dict)
    waiting: dict[str, Any] = field(default_factory=dict)
    order_id: int = 0
    extra: dict[str, Any] = field(default_factory=dict)


class Teller:
    """The API of one platform, as the people of the demonstration call it."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=f"{url}/api/v1", timeout=30)
        self.tokens: dict[str, str] = {}

    def call(self, method: str, path: str, who: str = "", **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._token(who)}"} if who else {}
        answer = self.http.request(method, path, headers=headers, **more)
        if answer.is_error:
            raise click.ClickException(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()

    def post(self, path: str, who: str = "", body: dict[str, Any] | None = None) -> Any:
        return self.call("POST", path, who, json=body or {})

    def _token(self, who: str) -> str:
        if who not in self.tokens:
            self.tokens[who] = str(self.post("/demo/session", body={"username": who})["token"])
        return self.tokens[who]

    def now(self) -> dt.datetime:
        """What time it is for the business."""
        return dt.datetime.fromisoformat(self.call("GET", "/demo/clock")["now"])

    # -- steps ------------------------------------------------------------------------------------------

    def submit(self, caller: dict[str, Any], phenomenon: str, scope: str, note: str) -> Any:
        return self.post("/requests", body={
            "type": "fault_report", "caller_name": caller["name"], "caller_phone": caller["phone"],
            "account_number": caller["account_number"], "phenomenon": phenomenon, "scope": scope, "description": note,
            "occurred_at": (self.now() - dt.timedelta(minutes=6)).isoformat(), "client_id": str(uuid.uuid4()),
        })  # fmt: skip

    def accept(self, request: Any, who: str, urgency: str = "normal") -> None:
        self.post(
            f"/requests/{request['id']}/accept",
            who,
            {"fault_class": "low_voltage", "urgency": urgency, "area_type": "urban"},
        )

    def dispatch(self, request: Any, who: str) -> Any:
        crews = self.call("GET", f"/requests/{request['id']}/crew-suggestions", who)
        crews = crews["items"] if isinstance(crews, dict) else crews
        return self.post("/orders", who, {"request_id": request["id"], "crew_id": crews[0]["crew_id"]})

    def photograph(self, order_id: int, who: str, kind: str, data: bytes) -> None:
        self.call(
            "POST", f"/orders/{order_id}/photos", who,
            data={"client_id": str(uuid.uuid4()), "kind": kind}, files={"file": (f"{kind}.png", data, "image/png")},
        )  # fmt: skip


def tell(url: str) -> Story:
    """Make the story happen on the demonstration at ``url``. Raises ClickException when it is none or refuses a step."""
    teller = Teller(url)
    try:
        staff = teller.call("GET", "/demo/staff")
    except (httpx.HTTPError, click.ClickException) as error:
        raise click.ClickException(
            f"这不是运行中的演示平台：{url} · no running demonstration there ({error})"
        ) from error
    story = Story()
    for name, role in (
        ("agent", "agent"),
        ("dispatcher", "dispatcher"),
        ("supervisor", "supervisor"),
        ("caller", "callback_agent"),
        ("editor", "knowledge_editor"),
    ):
        setattr(story, name, next(row["username"] for row in staff if row["role"] == role))
    people = _people(teller, staff, story.dispatcher)
    photos = pictures.make(Random(7))

    done = _way(teller, story, staff, people[0], photos, to_the_end=True)
    teller.post(f"/requests/{done['id']}/review", story.supervisor, {"passed": True})
    story.running = _way(teller, story, staff, people[1], photos, to_the_end=False)
    story.waiting = teller.submit(people[2], "no_power", "building", "三单元整栋没电，电梯停了，楼上有老人")
    teller.accept(story.waiting, story.agent, "urgent")
    teller.submit(people[3], "flicker", "single", "晚饭后灯一直闪")
    story.extra = people[4]
    _at_the_desk(teller, story, people[4])
    return story


def _at_the_desk(teller: Teller, story: Story, caller: dict[str, Any]) -> None:
    """The agent is signed on and serves somebody, as the router gave it to them."""
    teller.post("/agent/sign-on", story.agent)
    me = teller.call("GET", "/agent", story.agent)
    if me["mode"] != "ready":
        teller.post("/agent/mode", story.agent, {"mode": "ready"})
    if me["in_hand"]:
        return
    teller.post("/chat/contacts", body={
        "client_id": str(uuid.uuid4()), "topic": "billing", "org_id": caller["org_id"], "name": caller["name"],
        "phone": caller["phone"], "text": "您好，我家这个月电费怎么比上个月多了一倍？", "text_id": str(uuid.uuid4()),
    })  # fmt: skip
    deadline = time.monotonic() + ROUTED_WITHIN
    while time.monotonic() < deadline:
        for offer in teller.call("GET", "/agent", story.agent)["offers"]:
            teller.post(f"/contacts/{offer['id']}/accept", story.agent)
            body = {"client_id": str(uuid.uuid4()), "sender": "agent", "text": "您好，请稍等，我帮您查一下用电明细。"}
            teller.post(f"/contacts/{offer['id']}/messages", story.agent, body)
            return
        time.sleep(0.3)
    raise click.ClickException("没有派来联络，路由程序在运行吗 · nothing was routed to the agent; does the router run?")


def _people(teller: Teller, staff: list[dict[str, Any]], dispatcher: str) -> list[dict[str, Any]]:
    """Five callers whom the dispatcher looks after: of the counties whose crews stand below the dispatcher's unit."""
    above = next(row["org_path"] for row in staff if row["username"] == dispatcher)
    teams = [row["org_path"] for row in staff if row["crew_id"] is not None and row["org_path"].startswith(above)]
    counties = {int(path.rstrip(".").split(".")[-2]) for path in teams}
    callers = teller.call("GET", f"/demo/callers?limit=400&seed={Random().randrange(2**31)}")
    return [caller for caller in callers if caller["org_id"] in counties][:5]


def _way(
    teller: Teller,
    story: Story,
    staff: list[dict[str, Any]],
    caller: dict[str, Any],
    photos: dict[str, bytes],
    *,
    to_the_end: bool,
) -> Any:
    """A report up to the crew on site, or up to its return."""
    request = teller.submit(caller, "no_power", "stairwell", "听到一声响，整个单元都没电了")
    teller.accept(request, story.agent, "urgent")
    order = teller.dispatch(request, story.dispatcher)
    leader = next(
        row["username"] for row in staff if row["crew_id"] == order["crew_id"] and row["role"] == "crew_leader"
    )
    for step in ("accept", "depart", "arrive"):
        teller.post(f"/orders/{order['id']}/{step}", leader)
    teller.photograph(order["id"], leader, "before", photos["before"])
    if to_the_end:
        teller.photograph(order["id"], leader, "after", photos["after"])
        teller.photograph(order["id"], leader, "signature", photos["signature"])
        teller.post(
            f"/orders/{order['id']}/finish",
            leader,
            {"cause": CAUSE, "result": RESULT, "restored_at": teller.now().isoformat()},
        )
    else:
        story.leader, story.order_id = leader, order["id"]
    return request
