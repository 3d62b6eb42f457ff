"""The ``@action`` decorator."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Concatenate, ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

from denghuo.core.actors import Actor

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger("denghuo.actions")
ACTIONS: dict[str, Callable[..., object]] = {}
_inside: ContextVar[bool] = ContextVar("denghuo_inside_action", default=False)
RETRYABLE = {"40001", "40P01"}  # serialization failure, deadlock: PostgreSQL undid everything, so once more is safe


@contextmanager
def undivided() -> Iterator[None]:
    """The transaction of one action. An action inside another shares its fate: no savepoint, all or nothing.

    Inside any other transaction (a consumer's, a job's) it gets a savepoint, so that a refusal undoes the action alone
    and the caller may catch it and go on.
    """
    nested = _inside.get()
    token = _inside.set(True)
    try:
        with transaction.atomic(savepoint=not nested):
            yield
    finally:
        _inside.reset(token)


def run_undivided(name: str, fn: Callable[[], R]) -> R:
    """Run ``fn`` as one action; once more after a deadlock or serialization failure, if nothing stands around it."""
    outermost = not connection.in_atomic_block
    try:
        with undivided():
            return fn()
    except OperationalError as error:
        if not outermost or getattr(error.__cause__, "sqlstate", None) not in RETRYABLE:
            raise
        logger.warning("action %s retried after %s", name, type(error.__cause__).__name__)
    with undivided():
        return fn()


def action(
    name: str,
) -> Callable[[Callable[Concatenate[Actor, P], R]], Callable[Concatenate[Actor, P], R]]:
    """Run the function in a transaction; all it does happens, or nothing.

    An action called by another is part of it: if it is refused, the outer one cannot go on and must let the error rise.
    A deadlock or serialization failure is retried once when this is the outermost transaction; inside another one
    the error goes up to the outermost action, which retries the whole. ``name`` is ``subject.verb`` and unique.
    """

    def decorate(function: Callable[Concatenate[Actor, P], R]) -> Callable[Concatenate[Actor, P], R]:
        if name in ACTIONS:
            raise RuntimeError(f"action {name!r} is declared twice")

        @functools.wraps(function)
        def wrapper(actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
            return run_undivided(name, lambda: function(actor, *args, **kwargs))

        ACTIONS[name] = wrapper
        wrapper.action_name = name  # type: ignore[attr-defined]
        return wrapper

    return decorate
