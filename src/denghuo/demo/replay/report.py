"""The table at the end and the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table

from denghuo.demo.replay.conduct import Played
from denghuo.demo.replay.ledger import Arrival

FINAL_CONTACT = {"closed", "abandoned"}
FINAL_REQUEST = {"archived", "cancelled"}


async def books(played: Played) -> tuple[dict[str, Any], list[str]]:
    """What the platform says, and every disagreement with what the replay sent."""
    api = played.api.as_(played.token)
    summary = await api.get("/accounting", mark=played.mark)
    wrong = [f"{name}: {entry['count']} (例 {entry['ids']})" for name, entry in summary["problems"].items()]
    wrong += [f"floor: {text}" for text in summary["floor_differences"]]
    summary["service"] = service = await api.get("/accounting/service", mark=played.mark)
    wrong += _service_wrong(played, service)
    arrivals = played.ledger.arrivals
    for start in range(0, len(arrivals), 500):
        part = arrivals[start : start + 500]
        body = {"contact_ids": [a.client_id for a in part], "request_ids": [a.request_client_id for a in part]}
        found = await api.post("/accounting/arrivals", body)
        wrong += [text for arrival in part if (text := _wrong(arrival, found))]
    wrong += await _undelivered(played)
    if not played.drained:
        wrong.append("未在收尾时限内全部办结 / not everything came to an end in time")
    return summary, wrong


def _service_wrong(played: Played, service: dict[str, Any]) -> list[str]:
    """What the floor did against its promises. Business seconds are turned into seconds on the wall."""
    found = [
        f"坐席 {agent} 超出可同时处理的数量（联络 {contact}，当时手上 "
        + "、".join(f"{other} {kind} 还有 {seconds:.3f} 秒" for other, kind, seconds in held)
        + "）"
        for contact, agent, held in service["too_much"]
    ]
    for name, text in (("idle", "有空闲且可接的坐席，联络仍在等"), ("overtaking", "回队的联络没有排在最前")):
        worst = service[name]
        if worst["seconds"] > played.tolerance * played.speed:
            found.append(
                f"{text}：{worst['seconds'] / played.speed:.1f} 秒（联络 {worst['contact']}，坐席 {worst['agent']}）"
            )
    return found + [f"客户看到的消息与发送的不符（联络: 发送 / 看到）{text}" for text in played.ledger.unlike]


def _wrong(arrival: Arrival, found: dict[str, Any]) -> str:
    """Empty when this arrival ended in exactly one final state."""
    contact, request = found.get(arrival.client_id), found.get(arrival.request_client_id)
    label = f"{arrival.channel} {arrival.client_id}"
    if arrival.channel in {"voice", "web_chat"}:
        if contact is None or contact.get("contacts") != 1:
            return f"{label}: 联络 {0 if contact is None else contact.get('contacts')} 条，应为 1"
        if contact["contact_state"] not in FINAL_CONTACT:
            return f"{label}: 联络停在 {contact['contact_state']}"
    wants_request = arrival.channel == "web_form" or (contact is not None and contact.get("outcome") == "request_made")
    count = 0 if request is None else request.get("requests", 0)
    if wants_request != (count == 1):
        return f"{label}: 诉求 {count} 条，应为 {int(wants_request)}"
    if count and request["request_state"] not in FINAL_REQUEST:
        return f"{label}: 诉求停在 {request['request_state']}"
    if count and request["via_contact"] not in FINAL_CONTACT:
        return f"{label}: 诉求的联络停在 {request['via_contact']}"
    return ""


async def _undelivered(played: Played) -> list[str]:
    api, ledger = played.api.as_(played.token), played.ledger
    wrong = []
    messages = sorted(ledger.messages, key=ledger.messages.__getitem__)  # by conversation, in the order of sending
    for name, ids in (("messages", messages), ("photos", list(ledger.photos))):
        held = 0
        for start in range(0, len(ids), 4000):
            body = {f"{name[:-1]}_ids": ids[start : start + 4000]}
            answer = await api.post("/accounting/delivered", body)
            held += answer[name]
            if answer["out_of_order"]:
                wrong.append(f"{name}: {answer['out_of_order']} 条次序不对 / out of order")
        if held != len(ids):
            wrong.append(f"{name}: 送达 {held}，应为 {len(ids)}")
    return wrong


def print_report(console: Console, played: Played, summary: dict[str, Any], wrong: list[str]) -> None:
    """The table, then the accounting check."""
    ledger = played.ledger
    table = Table(title="重放结果 Replay", show_header=True, header_style="bold")
    table.add_column("项目")
    table.add_column("数量", justify="right")
    table.add_column("说明")

    def row(label: str, value: object, note: str = "") -> None:
        table.add_row(label, str(value), note)

    contacts, satisfaction = summary["contacts"], summary["satisfaction"]
    calls = [a for a in ledger.arrivals if a.kind == "call"]
    row("到达 arrivals", len(ledger.arrivals), f"来电曲线 {len(calls)}，停电报修 {len(ledger.arrivals) - len(calls)}")
    row("联络 contacts", sum(contacts.values()), _pairs(contacts))
    _service_rows(row, played, summary)
    row("诉求 requests", sum(summary["requests"].values()), _pairs(summary["requests"]))
    row("合并 merged", summary["merged"])
    row(
        "作业工单 orders",
        sum(summary["orders"].values()),
        f"{_pairs(summary['orders'])}，返工 {summary['rework_orders']}",
    )
    row("时限超时 breaches", sum(summary["breaches"].values()), _pairs(summary["breaches"]))
    row("回访 call-backs", sum(summary["call_backs"].values()), _pairs(summary["call_backs"]))
    rated = {k: v for k, v in satisfaction.items() if k in {"satisfied", "neutral", "dissatisfied"}}
    total = sum(rated.values())
    share = f"{100 * rated.get('satisfied', 0) / total:.1f}%" if total else "—"
    row("满意率 satisfaction", share, _pairs(rated))
    row("停电 outages", ledger.done["outages announced"], f"已恢复 {ledger.done['outages restored']}")
    row("消息 / 照片", f"{len(ledger.messages)} / {len(ledger.photos)}", "messages / photos")
    row("接口调用 calls", ledger.http["calls"], f"重试 {ledger.http['retries']}，用时 {played.wall_seconds:.0f} 秒")
    console.print(table)
    for text in ledger.trouble[:10]:
        console.print(f"[yellow]· {text}[/yellow]")
    if wrong:
        console.print(f"[bold red]核账不符 / books do not balance: {len(wrong)}[/bold red]")
        for text in wrong[:20]:
            console.print(f"  [red]{text}[/red]")
    else:
        console.print(
            "[bold green]核账相符：每个到达恰好落在一个最终状态，无遗漏、无重复 / every arrival ended in exactly one final state[/bold green]"
        )


def _service_rows(row: Callable[..., None], played: Played, summary: dict[str, Any]) -> None:
    """How the conversations came to the agents."""
    legs, service, done, wall = summary["legs"], summary["service"], played.ledger.done, played.speed
    ends: Counter[str] = Counter()
    for name, count in legs.items():
        ends[name.partition("/")[2]] += count
    row("渠道 channels", "", _pairs(summary["channels"]))
    row("派接 offers", sum(legs.values()), _pairs(legs))
    row("漏接 / 拒接 / 振铃中放弃", f"{ends['missed']} / {ends['declined']} / {ends['customer_left']}")
    row("同时在手最多 most in hand", "", _pairs(service["most_at_once"]))
    allowed = f"允许 {played.tolerance:g} 秒（真实时间）"
    row("有人等且有坐席空闲，最长", f"{service['idle']['seconds'] / wall:.2f} 秒", allowed)
    row("回队后被超越，最长", f"{service['overtaking']['seconds'] / wall:.2f} 秒", allowed)
    row("逐条比对的会话 chats", done["chats compared"], f"中断 {done['chats cut short']}，评价 {done['rated']}")


def _pairs(counts: dict[str, int]) -> str:
    return "，".join(f"{name or '—'} {n}" for name, n in sorted(counts.items()))
