"""Who lives behind the scope of an outage: asked of whoever keeps the accounts.

Accounts belong to the customers app, which stands beside this one, so neither may import the other. An app above both
hands its :class:`HouseholdSource` in at start (:func:`use_source`). Without one nothing is analysed and no share is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import QuerySet

from denghuo.core.actors import Actor


@dataclass(frozen=True, slots=True)
class Tally:
    """Active accounts of a scope and how many of them need particular care."""

    total: int = 0
    important: int = 0
    sensitive: int = 0
    life_support: int = 0


@dataclass(frozen=True, slots=True)
class AccountRef:
    """An account as this app needs to know it: no name, no number, no address."""

    account_id: int
    org_id: int
    transformer_id: int | None


class HouseholdSource(Protocol):
    """What the keeper of accounts answers."""

    def tally(self, transformer_ids: Collection[int], account_ids: Collection[int]) -> Tally:
        """Counts over the accounts behind the transformers and those named."""

    def per_transformer(self, transformer_ids: Collection[int]) -> Mapping[int, int]:
        """Active accounts behind each transformer."""

    def refs(self, account_ids: Collection[int]) -> list[AccountRef]:
        """The accounts that exist, whoever asks."""

    def find(self, actor: Actor, numbers: Collection[str]) -> dict[str, AccountRef]:
        """Accounts by their number, of the units where the actor may see customers; unknown numbers are left out."""

    def rows(self, actor: Actor, transformer_ids: Collection[int], account_ids: Collection[int]) -> QuerySet[Any]:
        """The accounts as a list to page and export; fields are masked by the page for who looks."""


_source: HouseholdSource | None = None


def use_source(source: HouseholdSource) -> None:
    """Hand in the keeper of accounts; the last one counts."""
    global _source
    _source = source


def source() -> HouseholdSource | None:
    """The keeper of accounts, None when the product runs without customers."""
    return _source
