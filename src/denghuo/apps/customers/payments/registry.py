"""Which provider takes money here."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from denghuo.apps.customers.payments.port import Provider
from denghuo.core import policies

PROVIDERS: dict[str, Callable[[], Provider]] = {}


def register(code: str, make: Callable[[], Provider]) -> None:
    """Add a provider under its code; an installation with its own calls this when Django starts."""
    PROVIDERS[code] = make


def _local() -> Provider:
    from denghuo.apps.customers.payments.local import LocalProvider

    return LocalProvider()


register("test", _local)


def provider_of(code: str) -> Provider | None:
    """The provider with this code; the test provider exists only in a demonstration."""
    if code not in PROVIDERS or (code == "test" and not settings.DEMO):
        return None
    return PROVIDERS[code]()


def provider_in_use() -> Provider | None:
    """The provider new payments go to (policy ``hall.pay.provider``); None when paying online is not possible."""
    return provider_of(policies.get("hall.pay.provider"))
