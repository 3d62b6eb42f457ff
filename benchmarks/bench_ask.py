"""The search as a service: how long ``ask()`` and ``find()`` take, and how soon another process finds what was published.

On a database of its own: the shipped base and made entries up to ``--entries``. Asked are the questions of the frozen set,
none of which is a wording of the base. Once by words alone and once with the embedder, where it is installed; then every
question is embedded as in service, while the stored vectors of the made base are drawn at random: comparing costs the
same, and nothing is said of quality there. The peer, in the same run: PostgreSQL's own trigrams and text search.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import scratch
from benchmarks.common import ROOT, emit, say

WARMING = 20
PLACES = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十")


def main(argv: list[str]) -> None:
    """Options: ``--entries`` (5000), ``--asked`` (300), ``--published`` (50)."""
    parser = argparse.ArgumentParser(prog="denghuo bench ask")
    parser.add_argument("--entries", type=int, default=5000)
    parser.add_argument("--asked", type=int, default=300)
    parser.add_argument("--published", type=int, default=50)
    options = parser.parse_args(argv)
    before = os.environ.get("DENGHUO_EMBEDDER")
    with scratch.database("ask") as url:
        from benchmarks import ask_sql

        figures: dict[str, Any] = {"entries": _make(options.entries)}
        cases = _cases()
        asked = list(itertools.islice(itertools.cycle([text for text, _right in cases]), options.asked))
        try:
            for mode in _modes():
                os.environ["DENGHUO_EMBEDDER"] = mode
                for name, value in _measured(mode, url, asked, cases, options.published).items():
                    figures[f"{'words' if mode == 'none' else mode}_{name}"] = value
        finally:
            _restore(before)
        peer: dict[str, Any] = {"name": "PostgreSQL", "build_s": ask_sql.prepare()}
        for name, search in ask_sql.PEERS.items():
            peer[name] = _timed(search, asked) | {"right_first": _right_first(search, cases)}
    for name, value in {**figures, **peer}.items():
        say(f"  {name:32} {value}")
    emit("ask", figures, peer)


def _modes() -> list[str]:
    from denghuo.apps.knowledge.searching import vectors

    os.environ.pop("DENGHUO_EMBEDDER", None)
    return ["none", "nano"] if vectors.wanted() == "nano" else ["none"]


def _restore(before: str | None) -> None:
    os.environ.pop("DENGHUO_EMBEDDER", None)
    if before is not None:
        os.environ["DENGHUO_EMBEDDER"] = before


def _make(wanted: int) -> int:
    """Entries in the manner of the base until there are ``wanted``; gives how many there are."""
    from denghuo.apps.knowledge.index import fill_index
    from denghuo.apps.knowledge.models import StandardQuestion

    shipped = list(StandardQuestion.objects.filter(active=True, org=None).order_by("pk"))
    made = []
    numbers = itertools.islice(itertools.cycle(shipped), max(0, wanted - len(shipped)))
    for number, row in enumerate(numbers):
        place = "".join(PLACES[int(digit)] for digit in str(number))
        texts = [f"{place}号台区{text}"[:120] for text in row.questions[:3]]
        entry = StandardQuestion(
            code=f"bench.{number}", scene=row.scene, question=texts[0], similar=texts[1:], answer=row.answer[:300],
            valid_from=dt.date(2024, 6, 1), source=row.source, trust=row.trust,
        )  # fmt: skip
        fill_index(entry)
        made.append(entry)
    StandardQuestion.objects.bulk_create(made, batch_size=1000)
    return len(shipped) + len(made)


def _cases() -> list[tuple[str, int]]:
    """Questions of the frozen set that the base answers, with the entry's key."""
    from denghuo.apps.knowledge.learning.frozen import shipped
    from denghuo.apps.knowledge.models import StandardQuestion

    keys = dict(StandardQuestion.objects.values_list("code", "pk"))
    return [(case["text"], keys[case["code"]]) for case in shipped() if case["code"] in keys]


def _measured(mode: str, url: str, asked: list[str], cases: list[tuple[str, int]], published: int) -> dict[str, Any]:
    from denghuo.apps.knowledge.searching import ask, find
    from denghuo.apps.knowledge.searching.holder import holder
    from denghuo.apps.knowledge.searching.warming import warm

    if mode != "none":
        _draw_vectors()
    holder().forget()
    warmed = warm()
    found: dict[str, Any] = {"warming_s": warmed["seconds"], "warming_mb": warmed["megabytes"]}
    by_find = _timed(lambda text: find(text, org=None), asked)
    by_ask = _timed(lambda text: ask(text, org=None, by="customer", channel="web", public_only=True), asked)
    found |= {f"find_{name}": value for name, value in by_find.items()}
    found |= {f"ask_{name}": value for name, value in by_ask.items()}
    found["find_statements"] = _statements(lambda: find(asked[0], org=None))
    found["ask_statements"] = _statements(lambda: ask(asked[0], org=None, by="customer", channel="web"))
    if mode == "none":
        found["right_first"] = _right_first(lambda text: [one.id for one in find(text, org=None)[0]], cases)
    return found | _publish(url, published, mode)


def _draw_vectors() -> None:
    from denghuo.apps.knowledge.searching import filling, vectors

    model = vectors.embedder()
    if model is None:
        raise RuntimeError("the embedder is installed and cannot be loaded")
    dice, size = np.random.default_rng(7), len(model.embed(["停电"], query=True)[0])
    texts = filling.all_texts()
    drawn = dice.standard_normal((len(texts), size)).astype(np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    for start in range(0, len(texts), 2000):
        vectors.keep(model.name, texts[start : start + 2000], drawn[start : start + 2000])


def _timed(work: Callable[[str], Any], asked: list[str]) -> dict[str, float]:
    """Clock time, and this thread's own processor time, which other work on the machine hardly lengthens."""
    spent, busy = [], []
    for turn, text in enumerate([*asked[:WARMING], *asked]):
        began, before = time.perf_counter(), time.thread_time()
        work(text)
        if turn >= WARMING:
            spent.append((time.perf_counter() - began) * 1000)
            busy.append((time.thread_time() - before) * 1000)
    figures = {"p50_ms": np.percentile(spent, 50), "p99_ms": np.percentile(spent, 99)}
    figures |= {"processor_p50_ms": np.percentile(busy, 50), "processor_p99_ms": np.percentile(busy, 99)}
    return {name: round(float(value), 1) for name, value in figures.items()}


def _statements(work: Callable[[], Any]) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        work()
    control = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    return sum(not query["sql"].startswith(control) for query in captured.captured_queries)


def _right_first(search: Callable[[str], list[int]], cases: list[tuple[str, int]]) -> float:
    return round(sum(search(text)[:1] == [right] for text, right in cases) / len(cases), 3)


def _publish(url: str, turns: int, mode: str) -> dict[str, Any]:
    """Publish here through the action, until a second process that searches all the while has found it."""
    from denghuo.apps.knowledge.actions import Draft, write_entry
    from denghuo.core.actors import Actor

    environment = scratch.child_environment(url) | {"DENGHUO_EMBEDDER": mode}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    reader = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.ask_reader"],
        env=environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert reader.stdin is not None and reader.stdout is not None
    lags, publishing, dice = [], [], random.Random(7)
    try:
        if reader.stdout.readline().strip() != "ready":
            raise RuntimeError("the second process did not start")
        for turn in range(turns):
            text = f"{mode}第{turn}次发布的{dice.randrange(10**6)}号办法"
            reader.stdin.write(text + "\n")
            reader.stdin.flush()
            time.sleep(0.05)
            draft = Draft(question=text, answer="见营业厅公告。", scene="pay", source="测量", trust="D")
            began = time.monotonic()
            write_entry(Actor.system("bench"), draft)
            done = time.monotonic()
            at = float(reader.stdout.readline().split()[0])
            publishing.append((done - began) * 1000)
            lags.append(max(0.0, at - done) * 1000)
    finally:
        reader.stdin.close()
        reader.wait(30)
    return {
        "publish_p50_ms": round(float(np.median(publishing)), 1),
        "searchable_after_p50_ms": round(float(np.median(lags)), 1),
        "searchable_after_worst_ms": round(max(lags), 1),
        "published": turns,
    }
