"""Load the search before anybody asks.

The first search of a process reads the whole base and, where there is one, loads the embedder: seconds. A web process
does it in a thread as soon as it serves, so that no customer waits for it; a search that comes meanwhile waits for the
rest of it. Only a process told so warms up: commands, tests and processes that never search do not pay for it.
"""

from __future__ import annotations

import logging
import os
import threading
import time

import psutil
from django.db import DatabaseError, connection

from denghuo.apps.knowledge.searching import vectors
from denghuo.apps.knowledge.searching.deciding import ranker
from denghuo.apps.knowledge.searching.holder import holder
from denghuo.apps.knowledge.searching.holding import Wanted
from denghuo.apps.knowledge.searching.processes import tell
from denghuo.core import moment

logger = logging.getLogger("denghuo.search")

ASKED = "DENGHUO_WARM_SEARCH"  # set for the web processes by whoever starts them
QUESTION = "停电了怎么办"  # any: it runs through every leg of the search, and the embedder


AFTER = 4.0  # seconds: the pages that wait for a process to come up are answered first


def start() -> threading.Thread | None:
    """Warm up beside whatever this process does, if the environment asks for it; None when it does not."""
    if os.environ.get(ASKED) != "1":
        return None
    thread = threading.Timer(AFTER, _in_thread)
    thread.name, thread.daemon = "knowledge-warm", True
    thread.start()
    return thread


def warm() -> dict[str, float]:
    """Load embedder and index and search once; gives ``seconds``, and ``megabytes`` the process has grown by."""
    process, began = psutil.Process(), time.perf_counter()
    before = process.memory_info().rss
    vectors.embedder()  # outside of the index's lock
    here = holder()
    here.search(QUESTION, Wanted(None, moment.now().date()), ranker=ranker(), limit=1)
    tell(here.state())
    grown = process.memory_info().rss - before
    return {"seconds": round(time.perf_counter() - began, 2), "megabytes": round(grown / 1e6, 1)}


def _in_thread() -> None:
    try:
        logger.info("the search is loaded", extra=warm())
    except DatabaseError:
        logger.warning("the search cannot be loaded yet; the first question loads it", exc_info=True)
    finally:
        connection.close()
