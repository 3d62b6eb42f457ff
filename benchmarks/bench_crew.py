"""The crew's phone in real Chromium: orders worked while the phone dies and the line breaks; what is lost, what is doubled.

Target: 200 orders, 500 photos, 100 deaths of the phone or page and as many breaks of the line: none lost, none doubled.

A phone is a browser with a folder of its own. It dies by SIGKILL to all its processes, or its page is closed without a
word; the line is cut in a forwarder between phone and platform, also in the middle of a photo. Deaths and breaks fall at
random (from the seed) between presses and right after them. A press counts as done when the screen has shown it; what the
screen does not show after a death is done again, as a person would. At the end each order's record on the platform is
compared with what was done: every step once, every photo once, the signature, the words of the result.
"""

from __future__ import annotations

import argparse
import os
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.common import emit, say
from benchmarks.crew_orders import Town
from benchmarks.crew_phone import working
from benchmarks.crew_verdict import verdict
from denghuo.demo.drill.platform import Platform


def main(argv: list[str]) -> None:
    """Options: ``--orders`` (200), ``--photos`` (500), ``--kills`` (100), ``--cuts`` (100), ``--seed`` (1), ``--port`` of a
    running demonstration (default: one of its own is started and removed)."""
    parser = argparse.ArgumentParser(prog="denghuo bench crew")
    parser.add_argument("--orders", type=int, default=200)
    parser.add_argument("--photos", type=int, default=500)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args(argv)
    chromium = os.environ.get("DENGHUO_CHROMIUM", "/usr/bin/chromium")
    if not Path(chromium).exists():
        raise SystemExit(f"no Chromium at {chromium}: install it or set DENGHUO_CHROMIUM")
    with nullcontext() if options.port else Platform() as running:
        port = options.port or running.port  # type: ignore[union-attr]
        figures = run(options, port, chromium)
    say(
        f"{figures['orders']} orders, {figures['photos']} photos, {figures['kills']} kills of the browser,"
        f" {figures['closed_pages']} of the page, {figures['cuts']} cuts: lost {figures['lost']}, doubled {figures['doubled']}"
    )
    emit("crew", figures, None)
    if figures["lost"] or figures["doubled"]:
        raise SystemExit(1)


def run(options: argparse.Namespace, port: int, chromium: str) -> dict[str, Any]:
    """Make the orders, work them, drain the phone, compare."""
    town = Town(f"http://127.0.0.1:{port}")
    jobs = town.orders(options.orders, options.photos, options.seed)
    say(f"{len(jobs)} orders for crew {town.leader['crew_id']}")
    began = time.monotonic()
    with sync_playwright() as playwright:
        who = town.leader["username"]
        with working(playwright.chromium, chromium, port, who, jobs, options.seed) as worker:
            counts = worker.work(options.kills, options.cuts)
            worked = time.monotonic() - began
            left = worker.drain(60 + 2.0 * len(jobs))
            drained = time.monotonic() - began - worked
            copies = worker.copies_shown()
        found = verdict(playwright.chromium, chromium, port, who, jobs)
    for line in (*found.details, *map(str, left)):
        say(line)
    return {
        "orders": len(jobs),
        "photos": sum(job.photos for job in jobs),
        "presses": counts.presses,
        "kills": counts.kills,
        "closed_pages": counts.closed_pages,
        "cuts": counts.cuts,
        "lost": found.lost,
        "doubled": found.doubled,
        "left_on_phone": len(left),
        "vanished_in_a_death": len(counts.vanished),
        "copies_after_the_drain": copies,
        "slowest_page_seconds": round(found.slowest, 1),
        "worked_seconds": round(worked, 1),
        "drained_seconds": round(drained, 1),
    }
