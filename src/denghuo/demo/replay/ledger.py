"""What the replay itself knows it sent, to be held against what the platform says it has."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Arrival:
    """One customer who turned up, and what became of them as the replay saw it."""

    moment: float
    kind: str  # "call" or "outage"
    client_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    request_client_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    channel: str = ""
    contact_id: int | None = None
    request_id: int | None = None
    expects_request: bool = False
    finished: bool = False
    outcome: str = ""


@dataclass
class Ledger:
    """All arrivals, photos and messages the replay sent, and counters of what its actors did."""

    arrivals: list[Arrival] = field(default_factory=list)
    messages: dict[str, int] = field(default_factory=dict)  # client id → contact, in the order of sending
    unlike: list[str] = field(default_factory=list)  # chats in which the customer sees something else than was said
    photos: dict[str, int] = field(default_factory=dict)  # client id → order
    done: Counter[str] = field(default_factory=Counter)
    http: Counter[str] = field(default_factory=Counter)
    trouble: list[str] = field(default_factory=list)

    def complain(self, text: str) -> None:
        if len(self.trouble) < 200:
            self.trouble.append(text)
        self.done["trouble"] += 1
