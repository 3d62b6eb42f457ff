"""Fixtures of the contacts app: the outside channels, and people alone at the other end unless a test wants a robot."""

from collections.abc import Iterator

import pytest

from denghuo.apps.contacts import robots
from tests.apps.contacts.mail_servers import _dovecot, imap, smtp
from tests.apps.contacts.outside_kit import _fresh_limits, account, official, phone, stub

__all__ = ["_dovecot", "_fresh_limits", "_people_alone", "account", "imap", "official", "phone", "smtp", "stub"]


@pytest.fixture(autouse=True)
def _people_alone() -> Iterator[None]:
    """No robot serves: what these tests say of queues and agents is said of people."""
    held = list(robots._held)
    robots._held.clear()
    yield
    robots._held[:] = held
