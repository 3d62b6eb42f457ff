"""The queues the product ships with, in ``queues_shipped.toml``."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

from denghuo.apps.contacts.actions.queues import create_queue, set_plan
from denghuo.apps.contacts.models import Queue
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgUnit

FILE = Path(__file__).with_name("queues_shipped.toml")
EPOCH = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
NOTE_LENGTH = 200


def shipped_queues() -> list[dict[str, Any]]:
    """The entries of the file, in the order in which they stand."""
    return list(tomllib.loads(FILE.read_text(encoding="utf-8"))["queue"])


def sync_queues(org: OrgUnit, actor: Actor | None = None) -> int:
    """Make the shipped queues that are missing, served by ``org``, each with its plan from the beginning of time; give
    how many were new. A queue that exists is never touched: it may have been changed here. Safe to run at any time."""
    who = actor or Actor.system("setup")
    present = set(Queue.objects.values_list("code", flat=True))
    made = 0
    for position, entry in enumerate(shipped_queues(), start=1):
        if entry["code"] in present:
            continue
        queue = create_queue(
            who, org=org, code=entry["code"], name=entry["name"], name_en=entry["name_en"], channels=entry["channels"],
            topics=entry["topics"], channel_class=entry["channel_class"], position=position * 10,
        )  # fmt: skip
        note = f"{entry['source']}（{entry['trust']}）"
        set_plan(who, queue.pk, entry["plan"], valid_from=EPOCH, note=note[:NOTE_LENGTH])
        made += 1
    return made
