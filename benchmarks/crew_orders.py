"""Orders for a crew's phone to work on, made through the API as people would."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

from benchmarks.common import say
from benchmarks.crew_phone import Job
from denghuo.cli.screenshot_story import Teller


class Town:
    """One county of the small province, its crew, and the people who send it orders."""

    def __init__(self, url: str) -> None:
        self.api = Teller(url)
        staff = self.api.call("GET", "/demo/staff")
        self.dispatcher = next(row for row in staff if row["username"] == "dispatcher01")
        leaders = [
            row for row in staff
            if row["role"] == "crew_leader" and row["crew_id"] and row["org_path"].startswith(self.dispatcher["org_path"])
        ]  # fmt: skip
        self.leader = leaders[0]
        self.others = leaders[1:]
        self.agent = next(row["username"] for row in staff if row["role"] == "agent")

    @property
    def county(self) -> int:
        """The county above the crew's team."""
        return int(self.leader["org_path"].rstrip(".").split(".")[-2])

    def requests(self, count: int, seed: int) -> Iterator[dict[str, Any]]:
        """Accepted fault reports of ``count`` customers, each of another transformer as far as there are enough."""
        found = self.api.call("GET", f"/demo/callers?limit=2000&seed={seed}")
        callers = [caller for caller in found if caller["org_id"] == self.county]
        met: Counter[int] = Counter()
        for caller in callers:
            caller["turn"] = met[caller["transformer_id"]]
            met[caller["transformer_id"]] += 1
        callers.sort(key=lambda caller: int(caller["turn"]))
        for number in range(count):
            caller = callers[number % len(callers)]
            request = self._submit(caller, f"第 {number + 1} 单")
            self.api.accept(request, self.agent)
            yield request

    def _submit(self, caller: dict[str, Any], note: str) -> Any:
        """An agent writes the report down: the public may send only so many a minute from one address."""
        body = {
            "type": "fault_report", "caller_name": caller["name"], "caller_phone": caller["phone"],
            "account_number": caller["account_number"], "phenomenon": "no_power", "scope": "single", "description": note,
            "occurred_at": (self.api.now() - dt.timedelta(minutes=6)).isoformat(), "client_id": str(uuid.uuid4()),
        }  # fmt: skip
        return self.api.post("/requests", self.agent, body)

    def orders(self, count: int, photos: int, seed: int, sign_every: int = 5) -> list[Job]:
        """``count`` orders in the crew's hands; ``photos`` pictures are spread over them."""
        jobs = []
        for number, request in enumerate(self.requests(count, seed)):
            body = {"request_id": request["id"], "crew_id": self.leader["crew_id"], "note": ""}
            order = self.api.post("/orders", self.dispatcher["username"], body)
            if number % 25 == 24:
                say(f"{number + 1} of {count} orders made")
            share = photos // count + int(number < photos % count)
            jobs.append(Job(order["id"], order["number"], max(1, share), number % sign_every == 0))
        return jobs
