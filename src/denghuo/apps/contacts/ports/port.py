"""What every outside channel has in common.

A port turns what a provider hands over into :class:`Inbound` and hands :class:`Outbound` to the provider. It knows the
provider's protocol and nothing of conversations; it may read and write its own account's row (a token, how far a mailbox
was read) and nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as bytes, under the name its sender gave it."""

    name: str
    content: bytes

    def chunks(self, chunk_size: int | None = None) -> list[bytes]:
        """The content in one piece: what :func:`core.files.actions.store` asks of an upload."""
        return [self.content]


@dataclass(frozen=True, slots=True)
class Inbound:
    """One thing somebody sent.

    ``kind``: text | image | voice | video | location | link | file | event. ``event`` things change the relation
    (follow, click, receipt) and are no messages. ``media`` is the provider's id of a file to fetch later;
    ``contact_id`` a conversation that a signature of ours proves it belongs to.
    """

    provider_id: str
    external: str
    kind: str
    text: str = ""
    media: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    at: dt.datetime | None = None
    attachments: tuple[Attachment, ...] = ()
    contact_id: int | None = None


@dataclass(frozen=True, slots=True)
class Outbound:
    """One thing to hand to a provider. ``reference`` is ours and the same at every attempt."""

    reference: str
    address: str
    body: Mapping[str, Any]
    text: str = ""
    file: Attachment | None = None
    file_kind: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took it."""

    provider_ref: str
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Health:
    """What a probe found; ``detail`` holds no personal data and no keys."""

    ok: bool
    detail: str


class Retry(Exception):
    """Not now; ``after`` seconds if the provider said so."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.after = reason, after


class Refused(Exception):
    """Never: trying again would be refused again."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ChannelPort(Protocol):
    """One channel's port for one account."""

    code: str

    def receive(self, raw: Any) -> list[Inbound]:
        """What the provider handed over; raises ``ValueError`` for what the protocol does not allow."""
        ...

    def send(self, outbound: Outbound) -> Sent:
        """Hand one message over. Raises :class:`Retry` or :class:`Refused`."""
        ...

    def probe(self) -> Health:
        """Whether the provider answers and takes our credentials; sends nothing to anybody."""
        ...
