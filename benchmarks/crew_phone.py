"""A crew member with a phone that dies and a line that breaks: a real Chromium with its own folder, driven as a person would.

The line is a real one: every byte goes through a small forwarder that can be cut, also in the middle of a photo. The
phone is killed with SIGKILL. After either the person looks at the screen and does what is not there yet, as people do;
what the screen has shown as done is never done again.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import re
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from PIL import Image, ImageDraw
from playwright.sync_api import BrowserContext, BrowserType, Error, Page

from benchmarks.common import say
from benchmarks.crew_line import Line
from benchmarks.crew_page import PATIENCE, enter, until

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
    "--lang=zh-CN",
]
RESULT = "更换低压熔断器，三相电压正常，客户确认来电"
STEPS = ("accept", "depart", "arrive")
TELL_EVERY = 20.0  # seconds between two words on how far it is
SEEN = """() => {
  window.DenghuoCrewSeen = () => {
    const next = document.getElementById("next");
    if (!next?.dataset.state) return null;
    const step = next.querySelector("[data-crew-step]")?.dataset.crewStep || next.querySelector("button[name=step]")?.value || "";
    return { state: next.dataset.state, next: step, photos: Number(next.dataset.photos), signed: next.dataset.signed === "true" };
  };
}"""
DEAD = re.compile(r"closed|crashed|disconnected|Target|detached|ERR_|Timeout", re.IGNORECASE)


@dataclass
class Job:
    """One order and what the person has to do for it."""

    id: int
    number: str
    photos: int
    sign: bool
    taken: int = 0
    done: set[str] = field(default_factory=set)

    @property
    def result(self) -> str:
        return f"{RESULT}（{self.number}）"


@dataclass
class Counts:
    """What happened to the phone."""

    kills: int = 0
    closed_pages: int = 0
    cuts: int = 0
    presses: int = 0
    vanished: list[str] = field(default_factory=list)  # kept before a death in a tunnel, and not there after it

    def __str__(self) -> str:
        return f"{self.presses} presses, {self.kills} kills of the browser, {self.closed_pages} of the page, {self.cuts} cuts"


class Phone:
    """The browser of one crew member, with a folder that outlives its deaths."""

    def __init__(self, browsers: BrowserType, executable: str, base: str, who: str) -> None:
        self.browsers, self.executable, self.base, self.who = browsers, executable, base, who
        self.folder = tempfile.TemporaryDirectory(prefix="crew-phone-", ignore_cleanup_errors=True)
        self.context: BrowserContext | None = None
        self.page: Page | None = None

    def start(self) -> None:
        self.context = self.browsers.launch_persistent_context(
            self.folder.name, executable_path=self.executable, args=FLAGS, viewport={"width": 390, "height": 844},
            locale="zh-CN", timezone_id="Asia/Shanghai", has_touch=True,
        )  # fmt: skip
        self.context.set_default_timeout(PATIENCE)
        self.context.add_init_script(f"({SEEN})()")
        self.page = self.context.pages[0] if self.context.pages else self.context.new_page()

    def kill(self) -> None:
        """The battery is pulled: SIGKILL for the browser and all its processes, then it is started again."""
        name = f"--user-data-dir={self.folder.name}"
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if any(part.startswith(name) for part in process.cmdline()):
                    os.kill(process.pid, signal.SIGKILL)
        with contextlib.suppress(Error):
            if self.context is not None:
                self.context.close()
        for lock in ("SingletonLock", "SingletonCookie", "SingletonSocket"):
            (Path(self.folder.name) / lock).unlink(missing_ok=True)
        self.start()

    def swipe_away(self) -> None:
        """The page is closed at once, as when the system needs memory."""
        assert self.context is not None and self.page is not None
        fresh = self.context.new_page()
        with contextlib.suppress(Error):
            self.page.close(run_before_unload=False)
        self.page = fresh

    def stop(self) -> None:
        with contextlib.suppress(Error):
            if self.context is not None:
                self.context.close()
        self.folder.cleanup()

    def go(self, path: str) -> Page:
        """Open a page, signing in first when the phone has forgotten who it is."""
        assert self.page is not None
        enter(self.page, self.base, path, self.who)
        return self.page

    def lacks(self, jobs: list[Job]) -> int:
        """How many of the orders the phone has no copy of yet."""
        assert self.page is not None
        kept: list[str] = self.page.evaluate(
            """async () => (await (await caches.open("denghuo-crew-pages")).keys())
               .map((request) => new URL(request.url).pathname)"""
        )
        return len({f"/field/orders/{job.id}/" for job in jobs} - set(kept))

    def kept(self) -> dict[str, str]:
        """Ids of the outbox with order and kind; empty where no page of the crew is open."""
        assert self.page is not None
        found: dict[str, str] = self.page.evaluate(
            """async () => window.DenghuoCrew
               ? Object.fromEntries((await DenghuoCrew.store.all()).map(({ id, order, kind }) => [id, `${order} ${kind}`])) : {}"""
        )
        return found

    def waiting(self) -> list[dict[str, Any]]:
        """The outbox: order, kind, state and reason of each entry."""
        assert self.page is not None
        found: list[dict[str, Any]] = self.page.evaluate(
            """async () => (await DenghuoCrew.store.all())
               .map(({ order, kind, state, reason, fields }) => ({ order, kind, state, reason, fields }))"""
        )
        return found


def photo(number: int, size: tuple[int, int]) -> dict[str, Any]:
    """A photograph as a phone takes it, ``size`` in pixels; each is another picture.

    Grain of two pixels: a photo of a meter box weighs 200 to 500 kB at this size, grain of one pixel would weigh thrice that.
    """
    noise = random.Random(number)
    width, height = size
    image = Image.effect_noise((width // 2, height // 2), 40).resize(size, Image.Resampling.BICUBIC).convert("RGB")
    ImageDraw.Draw(image).rectangle((200, 200, 600, 500), fill=tuple(noise.randrange(256) for _ in range(3)))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=70)
    return {"name": f"{number}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


class Worker:
    """The person: goes through the orders and does what the screen says is not done yet."""

    def __init__(self, phone: Phone, line: Line, jobs: list[Job], seed: int, size: tuple[int, int]) -> None:
        self.phone, self.line, self.jobs = phone, line, jobs
        self.dice = random.Random(seed)
        self.counts = Counts()
        self.pictures = [photo(number, size) for number in range(8)]

    def settle_copies(self, seconds: float = 180) -> None:
        """Open the list and wait until every order is on the phone; the platform is still busy with having made them."""
        page = self.phone.go("/field/")
        until(page, "navigator.serviceWorker.controller !== null", patience=6 * PATIENCE)
        page = self.phone.go("/field/")
        end = time.monotonic() + seconds
        while self.phone.lacks(self.jobs) and time.monotonic() < end:
            page.wait_for_timeout(200)
        assert not self.phone.lacks(self.jobs), "the orders were not copied to the phone"

    def work(self, kills: int, cuts: int) -> Counts:
        """Work all orders; ``kills`` deaths and ``cuts`` breaks fall between or right after presses at random."""
        presses = sum(len(STEPS) + job.photos + int(job.sign) + 1 for job in self.jobs)
        deaths = sorted(self.dice.sample(range(presses), min(kills, presses)))
        cutting, mending = self._weather(presses, cuts)
        began = told = time.monotonic()
        for turn, job in enumerate(self.jobs):
            if time.monotonic() - told > TELL_EVERY:
                told = time.monotonic()
                say(f"{turn} of {len(self.jobs)} orders, {self.counts} in {told - began:.0f} s")
            while not self._finished(job):
                number = self.counts.presses
                if mending and number >= mending[0]:
                    mending.pop(0)
                    self.line.mend()
                if cutting and number >= cutting[0]:
                    cutting.pop(0)
                    self.line.cut()
                    self.counts.cuts += 1
                dying = bool(deaths) and number >= deaths[0]
                try:
                    self._one(job, dying)
                except Error as error:
                    if not DEAD.search(str(error)):
                        raise
                if dying:
                    deaths.pop(0)
                    self._die()
        self.line.mend()
        return self.counts

    def work_until(self, job: Job, state: str) -> None:
        """Work one order until its screen shows ``state``, with whatever line there is."""
        page = self._open(job)
        while self._seen(page)["state"] != state:
            self._one(job, dying=False)

    def _finished(self, job: Job) -> bool:
        return "finish" in job.done

    def _weather(self, presses: int, cuts: int) -> tuple[list[int], list[int]]:
        """Before which presses the line is cut, and before which of the presses up to the next cut it is mended."""
        count = min(cuts, presses // 2)
        cutting = [at + n for n, at in enumerate(sorted(self.dice.sample(range(presses - count + 1), count)))]
        until_next = [*cutting[1:], presses + 1]
        return cutting, [self.dice.randint(at + 1, end) for at, end in zip(cutting, until_next, strict=True)]

    def _die(self) -> None:
        before: dict[str, str] = {}
        in_tunnel = not self.line.up
        if in_tunnel:
            with contextlib.suppress(Error):
                before = self.phone.kept()
        self._end()
        if before:
            self._look_for(before)
        if self.dice.random() < 0.5:
            self.line.mend()

    def _look_for(self, before: dict[str, str]) -> None:
        """Nothing can have been sent from a tunnel: what was kept before the death is there after it."""
        try:
            until(self.phone.go("/field/queue/"), "window.DenghuoCrew !== undefined")
        except Error:
            return  # the phone forgot who it is, and there is no line to tell it
        after = self.phone.kept()
        for lost in before.keys() - after.keys():
            self.counts.vanished.append(f"after {self.counts.presses} presses: {before[lost]}")
            say(f"vanished {self.counts.vanished[-1]}")

    def _end(self) -> None:
        if self.dice.random() < 0.5:
            self.counts.kills += 1
            self.phone.kill()
        else:
            self.counts.closed_pages += 1
            self.phone.swipe_away()

    def _one(self, job: Job, dying: bool) -> None:
        """Look at the order's screen and do the next thing; ``dying``: without waiting for what the screen says."""
        page = self._open(job)
        seen = self._seen(page)
        if seen["state"] == "finished":
            job.done.add("finish")
            return
        self.counts.presses += 1
        if seen["next"] in STEPS:
            page.locator(f"#next [data-crew-step={seen['next']}], #next button[value={seen['next']}]").first.click()
            job.done.add(str(seen["next"]))
            if not dying:
                until(page, "(before) => DenghuoCrewSeen().next !== before", seen["next"])
        elif seen["photos"] < job.photos:
            box = page.locator("[data-camera]").filter(has_text="处理后").locator("input[type=file]")
            box.set_input_files(files=[self.pictures[self.counts.presses % len(self.pictures)]])
            if not dying:
                until(page, "(before) => DenghuoCrewSeen().photos > before", seen["photos"])
        elif job.sign and not seen["signed"]:
            self._sign(page, dying)
        else:
            self._return(page, job, dying)

    def _open(self, job: Job) -> Page:
        page = self.phone.page
        path = f"/field/orders/{job.id}/"
        if page is None or not page.url.endswith(path):
            try:
                page = self.phone.go(path)
            except Error:
                self.line.mend()  # the phone forgot who it is while there was no line: the person walks out of the tunnel
                page = self.phone.go(path)
        until(page, "window.DenghuoCrewSeen !== undefined && window.DenghuoCrewSeen() !== null")
        return page

    @staticmethod
    def _seen(page: Page) -> dict[str, Any]:
        seen: dict[str, Any] = page.evaluate("DenghuoCrewSeen()")
        return seen

    def _sign(self, page: Page, dying: bool) -> None:
        canvas = page.locator("#signature canvas")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 40, box["y"] + 60)
        page.mouse.down()
        for step in range(1, 6):
            page.mouse.move(box["x"] + 40 + step * 30, box["y"] + 60 + (30 if step % 2 else -30))
        page.mouse.up()
        page.get_by_role("button", name="保存签名").click()
        if not dying:
            until(page, "DenghuoCrewSeen().signed")

    @staticmethod
    def _return(page: Page, job: Job, dying: bool) -> None:
        page.evaluate(
            """([result, reason]) => {
                 const form = document.getElementById("finish-form");
                 const cause = form.elements.namedItem("cause");
                 cause.value = "equipment";
                 form.elements.namedItem("result").value = result;
                 const why = form.elements.namedItem("no_signature_reason");
                 if (why) why.value = reason;
               }""",
            [job.result, "" if job.sign else "客户不在场"],
        )
        page.locator("#next button[form=finish-form]").click()
        if not dying:
            until(page, "DenghuoCrewSeen().state === 'finished'")

    def copies_shown(self) -> int:
        """Of how many orders the phone shows its copy although there is a line: the platform was slower than its patience."""
        shown = 0
        for job in self.jobs:
            page = self.phone.go(f"/field/orders/{job.id}/")
            shown += int(page.evaluate("Boolean(document.body.dataset.copied)"))
        return shown

    def drain(self, seconds: float) -> list[dict[str, Any]]:
        """With a good line, wait until the outbox is empty; gives what is left (refused, or too slow)."""
        self.line.mend()
        page = self.phone.go("/field/queue/")
        end = time.monotonic() + seconds
        told = 0.0
        while time.monotonic() < end:
            left = self.phone.waiting()
            if not left or all(entry["state"] == "refused" for entry in left):
                return left
            if time.monotonic() - told > TELL_EVERY:
                told = time.monotonic()
                say(f"{len(left)} presses wait on the phone to be sent")
            page.wait_for_timeout(250)
        return self.phone.waiting()


@contextlib.contextmanager
def working(
    browsers: BrowserType,
    executable: str,
    port: int,
    who: str,
    jobs: list[Job],
    seed: int,
    size: tuple[int, int] = (1600, 1200),
) -> Iterator[Worker]:
    """A person with a started phone on a line to the platform at ``port``, the orders copied to the phone."""
    with Line(port) as line:
        phone = Phone(browsers, executable, f"http://127.0.0.1:{line.port}", who)
        try:
            phone.start()
            worker = Worker(phone, line, jobs, seed, size)
            worker.settle_copies()
            yield worker
        finally:
            phone.stop()
