"""Who may hear what: a signed list of topics, made by the page, checked by the stream."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.core import signing

from denghuo.core.actors import Actor

_SALT = "denghuo.live"
_TOPIC = re.compile(r"[a-z][a-z-]{0,30}:[A-Za-z0-9_.-]{1,80}")
_FLOOR = re.compile(r"floor:([0-9]+\.)*")
MAX_TOPICS = 64


class BadToken(ValueError):
    """The token is forged, damaged or past its time."""


@dataclass(frozen=True, slots=True)
class Listener:
    """What a token says: exact topics, org paths whose whole subtree is heard, and whose token it is."""

    topics: frozenset[str]
    floors: tuple[str, ...]
    actor_kind: str
    actor_id: int | None


def check_topic(topic: str) -> str:
    """The topic, or ValueError: ``request:12``, ``customer-request:<token>``, ``floor:1.4.`` (``floor:`` is all)."""
    if not (_FLOOR.fullmatch(topic) if topic.startswith("floor:") else _TOPIC.fullmatch(topic)):
        raise ValueError(f"not a live topic: {topic[:60]!r}")
    return topic


def live_token(topics: Iterable[str], actor: Actor) -> str:
    """Permission to hear ``topics`` for ``LIVE_TOKEN_MAX_AGE`` seconds.

    The caller answers for it that ``actor`` may hear them: whoever may see the page may hear its topics. Raises
    ValueError for malformed topics or more than 64.
    """
    wanted = sorted({check_topic(topic) for topic in topics})
    if len(wanted) > MAX_TOPICS:
        raise ValueError(f"a page may listen to at most {MAX_TOPICS} topics")
    return signing.dumps({"t": wanted, "k": actor.kind, "i": actor.id}, salt=_SALT, compress=True)


def read_token(token: str) -> Listener:
    """What ``token`` permits; raises BadToken."""
    try:
        data = signing.loads(token, salt=_SALT, max_age=settings.LIVE_TOKEN_MAX_AGE)
        topics = [str(topic) for topic in data["t"]]
        return Listener(
            frozenset(topic for topic in topics if not topic.startswith("floor:")),
            tuple(topic.removeprefix("floor:") for topic in topics if topic.startswith("floor:")),
            str(data["k"]),
            data["i"],
        )
    except (signing.BadSignature, KeyError, TypeError, ValueError) as error:
        raise BadToken("the live token is not valid") from error
