"""The ``@action`` decorator."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

from denghuo.core.actors import Actor

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger("denghuo.actions")
ACTIONS: dict[str, Callable[..., object]] = {}
RETRYABLE = {"40001", "40P01"}  # serialization failure, deadlock: PostgreSQL undid everything, so once more is safe


def action(
    name: str,
) -> Callable[[Callable[Concatenate[Actor, P], R]], Callable[Concatenate[Actor, P], R]]:
    """Run the function in a transaction; all it does happens, or nothing.

    A deadlock or serialization failure is retried once when this is the outermost transaction; inside another one
    the error goes up to the outermost action, which retries the whole. ``name`` is ``subject.verb`` and unique.
    """

    def decorate(function: Callable[Concatenate[Actor, P], R]) -> Callable[Concatenate[Actor, P], R]:
        if name in ACTIONS:
            raise RuntimeError(f"action {name!r} is declared twice")

        @functools.wraps(function)
        def wrapper(actor: Actor, *args: P.args, **kwargs: P.kwargs) -> R:
            outermost = not connection.in_atomic_block
            try:
                with transaction.atomic(savepoint=False):
                    return function(actor, *args, **kwargs)
            except OperationalError as error:
                if not outermost or getattr(error.__cause__, "sqlstate", None) not in RETRYABLE:
                    raise
                logger.warning("action %s retried after %s", name, type(error.__cause__).__name__)
            with transaction.atomic(savepoint=False):
                return function(actor, *args, **kwargs)

        ACTIONS[name] = wrapper
        wrapper.action_name = name  # type: ignore[attr-defined]
        return wrapper

    return decorate
