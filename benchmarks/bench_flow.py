"""Full fault flows a second through the action layer, one process, and how much of that is the database.

One flow is what a fault report goes through from the customer to the file: submitted, accepted, dispatched to a crew,
order accepted, departed, arrived, finished, reviewed, called back, archived; every step an action with its permission
check, lock, flow, clocks and events. Photos are measured elsewhere (they are files, not steps), so the policies for photo
and signature are switched off in the scratch database.

``sql_share`` is the time spent inside the database driver (waiting for the server, and reading its answers) over the
whole. Beside it, in the same run and alternating: the writes of such a flow, captured from a sample, done again by plain
prepared SQL, as many transactions as the actions made, with nothing read and nothing checked
(:mod:`benchmarks.flow_sql`). ``ratio_to_sql`` is ours over that.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks import scratch
from benchmarks.common import emit, say, spread
from benchmarks.flow_sql import Captured, Writer, captured

NAME, PHONE = "江小满", "13900001234"


def main(argv: list[str]) -> None:
    """Options: ``--flows`` a round (100), ``--rounds`` (5), ``--profile``."""
    parser = argparse.ArgumentParser(prog="denghuo bench flow")
    parser.add_argument("--flows", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", action="store_true", help="print where the time of our path goes, and stop")
    options = parser.parse_args(argv)
    with scratch.database("flow") as url:
        flow = _prepare()
        for _n in range(20):
            flow()  # caches, prepared statements
        if options.profile:
            _profile(flow, options.flows)
            return
        with captured() as sample:
            flow()
        _report(_measure(flow, Writer(url, sample), options), sample, options)


def _prepare() -> Callable[[], int]:
    """The province of tests; gives what takes one report from the customer to the file."""
    from random import Random

    from denghuo.apps.field import actions as field
    from denghuo.apps.field.models import Crew
    from denghuo.apps.requests import actions
    from denghuo.core.actors import Actor
    from denghuo.demo.history.cast import Cast

    scratch.build_province("small")
    _policies()
    cast, customer = Cast(Random(7)), Actor.customer()
    crew = Crew.objects.select_related("org").filter(pk__in=list(cast.leaders)).order_by("pk").first()
    assert crew is not None
    leader, dispatcher = cast.leaders[crew.pk], cast.dispatcher(crew.org)
    county = crew.org.path.rpartition(".")[0].rpartition(".")[0] + "."
    path = crew.org.path if crew.org.kind == "county" else county
    agent = next(one for one in cast.agents if one.can("request.accept", path))
    caller = next(one for one in cast.callback_agents if one.can("callback.call", path))
    turn = itertools.cycle(_accounts(path))

    def flow() -> int:
        draft = actions.RequestDraft(
            type="fault_report", channel="web_form", caller_name=NAME, caller_phone=PHONE, account_id=next(turn),
            phenomenon="no_power", scope="single", occurred_at=dt.datetime.now(dt.UTC) - dt.timedelta(minutes=10),
            client_id=uuid.uuid4(),
        )  # fmt: skip
        request = actions.submit_request(customer, data=draft).pk
        actions.accept_request(agent, request, fault_class="low_voltage", area_type="urban")
        order = field.dispatch_request(dispatcher, request, crew_id=crew.pk).pk
        field.accept_order(leader, order)
        field.depart_order(leader, order)
        field.arrive_order(leader, order)
        field.finish_order(leader, order, cause="equipment", result="更换低压熔断器，已恢复供电")
        actions.review_request(dispatcher, request, passed=True)
        plan = actions.take_callback(caller)
        assert plan is not None
        actions.record_attempt(
            caller, plan.pk, outcome="answered", resolved=True, arrival_honoured=True, satisfaction="satisfied"
        )
        return request

    _proven(flow())
    return flow


def _accounts(path: str) -> list[int]:
    from denghuo.apps.customers.models import Account

    rows = Account.objects.filter(org__path__startswith=path, active=True, area_type="urban")
    found = list(rows.values_list("pk", flat=True))
    if not found:
        raise RuntimeError(f"the province has no town accounts under {path}")
    return found


def _policies() -> None:
    """Calls at any hour, no photo and no signature asked for, orders without number for one crew."""
    from denghuo.core import policies
    from denghuo.core.policies.models import PolicyValue

    for key, value in (
        ("callback.hours", {"from": "00:00", "to": "23:59"}),
        ("callback.noon_rest", {"from": "12:00", "to": "12:00"}),
        ("order.photos_required", 0),
        ("order.signature_required", False),
    ):
        PolicyValue.objects.filter(key=key, org=None).update(value=value)
    policies.clear_cache()


def _proven(request: int) -> None:
    """The flow measured must be the whole one."""
    from denghuo.apps.requests.models import Request

    row = Request.objects.get(pk=request)
    if (row.state, row.satisfaction) != ("archived", "satisfied"):
        raise RuntimeError(f"the flow ended {row.state}, {row.satisfaction!r}")


@contextmanager
def _in_driver() -> Iterator[list[float]]:
    """Adds up the seconds that psycopg spends talking to the server, on every connection of this process."""
    import psycopg

    spent, original = [0.0], psycopg.Connection.wait

    def wait(self: Any, *args: Any, **kwargs: Any) -> Any:
        begun = time.perf_counter()
        try:
            return original(self, *args, **kwargs)
        finally:
            spent[0] += time.perf_counter() - begun

    psycopg.Connection.wait = wait  # type: ignore[method-assign]
    try:
        yield spent
    finally:
        psycopg.Connection.wait = original  # type: ignore[method-assign]


def _measure(flow: Callable[[], int], writer: Writer, options: argparse.Namespace) -> dict[str, list[float]]:
    """Flows a second of both ways and the share of the driver in ours, by round; the order turns each round."""
    writer.write()
    found: dict[str, list[float]] = {"ours": [], "sql": [], "share": []}
    for number in range(options.rounds):
        for ours in (True, False) if number % 2 == 0 else (False, True):
            if ours:
                begun = time.perf_counter()
                with _in_driver() as spent:
                    for _n in range(options.flows):
                        flow()
                seconds = time.perf_counter() - begun
                found["ours"].append(options.flows / seconds)
                found["share"].append(spent[0] / seconds)
            else:
                begun = time.perf_counter()
                for _n in range(options.flows):
                    writer.write()
                found["sql"].append(options.flows / (time.perf_counter() - begun))
        say(f"round {number + 1}: ours {found['ours'][-1]:.1f}/s, sql {found['sql'][-1]:.1f}/s")
    return found


def _report(found: dict[str, list[float]], sample: Captured, options: argparse.Namespace) -> None:
    ratios = [ours / sql for ours, sql in zip(found["ours"], found["sql"], strict=True)]
    figures = {
        "flows_per_s": spread(found["ours"]),
        "ms_per_flow": spread([1000 / rate for rate in found["ours"]]),
        "sql_share": spread(found["share"], 3),
        "ratio_to_sql": spread(ratios, 3),
        "actions_per_flow": 10,
        "transactions_per_flow": len(sample.transactions),
        "rows_written_per_flow": sample.writes,
        "flows_a_round": options.flows,
        "rounds": options.rounds,
    }
    peer = {"plain_sql_flows_per_s": spread(found["sql"])}
    for name, value in (figures | peer).items():
        say(f"{name:24} {value}")
    emit("flow", figures, peer)


def _profile(flow: Callable[[], int], count: int) -> None:
    import cProfile
    import pstats

    profile = cProfile.Profile()
    profile.enable()
    for _n in range(count):
        flow()
    profile.disable()
    pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(45)
    pstats.Stats(profile, stream=sys.stderr).sort_stats("cumtime").print_stats(60)
