"""What the platform has against what the crew member did, asked from another device.

The phone itself may not be asked: where the platform takes longer than its patience it shows the copy it kept of an
order, and a copy of an order worked since looks like one whose presses were lost.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from playwright.sync_api import BrowserType, Page

from benchmarks.crew_page import enter
from benchmarks.crew_phone import FLAGS, Job

TOLD = {"班组接单": 1, "班组出发": 1, "到达现场": 1, "现场回单": 1}
PATIENCE = 120_000  # ms for one page: a slow platform has lost nothing
FOUND = """() => ({
  copied: Boolean(document.body.dataset.copied),
  photos: document.querySelectorAll(".df-shots img").length,
  signed: document.querySelectorAll("img.df-signature").length,
  text: document.querySelector(".df-result")?.textContent || "",
  state: document.querySelector(".df-cardtop .dh-badge")?.textContent.trim() || "",
  kept: document.querySelectorAll("#crew-reports li").length,
  events: [...document.querySelectorAll(".dh-timeline li, .dh-timeline-item")].map((item) => item.textContent),
})"""


@dataclass(frozen=True)
class Verdict:
    """Presses the platform lacks, presses it has twice, a line for each, and the slowest answer of it in seconds."""

    lost: int
    doubled: int
    details: tuple[str, ...]
    slowest: float


def verdict(browsers: BrowserType, executable: str, port: int, who: str, jobs: list[Job]) -> Verdict:
    """Compare every order's record, as the platform's own page tells it to ``who`` elsewhere, with what was done."""
    browser = browsers.launch(executable_path=executable, args=FLAGS)
    try:
        context = browser.new_context(service_workers="block", locale="zh-CN", timezone_id="Asia/Shanghai")
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        found = [_compare(page, f"http://127.0.0.1:{port}", who, job) for job in jobs]
    finally:
        browser.close()
    return Verdict(
        sum(one.lost for one in found),
        sum(one.doubled for one in found),
        tuple(line for one in found for line in one.details),
        max((one.slowest for one in found), default=0.0),
    )


def _compare(page: Page, base: str, who: str, job: Job) -> Verdict:
    began = time.monotonic()
    enter(page, base, f"/field/orders/{job.id}/", who)
    found = page.evaluate(FOUND)
    assert not found["copied"], f"{job.number}: a kept copy cannot tell what the platform has"
    wanted = {"photos": job.photos, "signed": int(job.sign), "result": 1}
    got = {"photos": found["photos"], "signed": found["signed"], "result": int(job.result in found["text"])}
    for kind, count in TOLD.items():
        wanted[kind], got[kind] = count, sum(kind in text for text in found["events"])
    details = tuple(
        f"{job.number} {name}: {got[name]} instead of {count}; the order is {found['state']},"
        f" {found['kept']} kept beside it, last: {' '.join(found['events'][:1])[:80]}"
        for name, count in wanted.items()
        if got[name] != count
    )
    lost = sum(max(0, count - got[name]) for name, count in wanted.items())
    doubled = sum(max(0, got[name] - count) for name, count in wanted.items())
    return Verdict(lost, doubled, details, time.monotonic() - began)
