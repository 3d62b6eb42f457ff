"""Messages of the moment: told to whoever listens now, and kept nowhere.

For what is worth nothing a second later, such as the words somebody is typing. They travel as a notice of the database,
sealed, so that a server which logs its statements learns nothing; no table and no log of events holds them, they have no
place in the stream, and who was away never hears of them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from django.db import connection

from denghuo.core import moment
from denghuo.core.live.tokens import check_topic
from denghuo.core.privacy import PrivacyError, open_sealed, seal

logger = logging.getLogger("denghuo.live")

CHANNEL = "denghuo_passing"
PATH = "core.live.passing"
MOST = 7_900  # bytes of one notice; PostgreSQL takes 8,000


def pass_on(topic: str, kind: str, data: Mapping[str, Any]) -> bool:
    """Tell those who hear ``topic`` of ``kind`` with ``data``, when the transaction commits; False when it is too long to
    be told. One statement. Raises ValueError for a malformed topic."""
    text = json.dumps([check_topic(topic), kind, dict(data), moment.now().isoformat()], ensure_ascii=False)
    sealed = seal(PATH, text)
    if len(sealed) > MOST:
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, sealed])
    return True


def opened(sealed: str) -> tuple[str, bytes] | None:
    """Topic and frame of a notice, None for one that cannot be read (a key that is not here).

    The frame has no ``id``, so a page's place in the stream stays; and no topics, so nothing on the page fetches itself
    anew: it is for who asks for this kind.
    """
    try:
        topic, kind, data, at = json.loads(open_sealed(PATH, sealed))
    except (PrivacyError, ValueError) as error:
        logger.warning("a passing message cannot be read: %s", type(error).__name__)
        return None
    told = {"kind": kind, "subject": "passing", "id": None, "at": at, "topics": [], "hint": {}, **data}
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return topic, f"event: {kind}\ndata: {text}\n\n".encode()
