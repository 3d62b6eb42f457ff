"""Shorthands of the tests of handling."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from denghuo.apps.requests import actions
from denghuo.apps.requests.models import Request
from denghuo.core.errors import ActionError, InvalidInput
from tests.apps.requests.world import World
from tests.helpers import refusals

COMPLAINT = {"type": "complaint", "phenomenon": "", "scope": "", "occurred_at": None, "description": "抄表员态度差"}


def handled(world: World, **changes: object) -> Request:
    """A complaint in the hands of its unit."""
    made = world.accepted(**{**COMPLAINT, **changes})
    return actions.assign_handling(world.reviewer, made.pk)


@contextmanager
def refused(error: type[ActionError], code: str = "", **fields: str) -> Iterator[None]:
    """It raises ``error`` with this code, and at each of ``fields`` a message that contains these words."""
    with refusals.refused(error) as caught:
        yield
    if code:
        assert caught.value.code == code
    if fields:
        assert isinstance(caught.value, InvalidInput)
        for name, words in fields.items():
            assert words in "".join(caught.value.fields[name])
