"""Checking that an action refuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest
from django.db import transaction

from denghuo.core.errors import ActionError

E = TypeVar("E", bound=ActionError)


@contextmanager
def refused(error: type[E]) -> Iterator[pytest.ExceptionInfo[E]]:
    """``with refused(Conflict) as caught: action(...)``: it raised that, and what it did is undone as in production.

    A refused action spoils the transaction it runs in; the test's own transaction must live on, so a savepoint is put
    between the two.
    """
    with pytest.raises(error) as caught, transaction.atomic():
        yield caught
