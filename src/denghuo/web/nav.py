"""Navigation entries. Each app registers its own in ``AppConfig.ready``; a page shows what the actor may open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from denghuo.core.actors import Actor

Text = str | Promise

#: group code -> label, in the order in which they stand
GROUPS: dict[str, Text] = {
    "work": _("办理"),
    "watch": _("值守"),
    "manage": _("管理"),
    "audit": _("审计"),
}


@dataclass(frozen=True)
class Item:
    """One entry; shown when the actor holds any of ``permissions`` on any unit (none needed: always)."""

    label: Text
    url_name: str
    permissions: tuple[str, ...]
    icon: str
    group: str
    order: int
    also: tuple[str, ...] = ()

    def visible_to(self, actor: Actor | None) -> bool:
        if not self.permissions:
            return actor is not None
        return actor is not None and any(actor.can_somewhere(code) for code in self.permissions)


@dataclass(frozen=True)
class Entry:
    """An item resolved for one page."""

    label: Text
    url: str
    icon: str
    active: bool


@dataclass
class Group:
    """A titled block of entries."""

    code: str
    label: Text
    entries: list[Entry] = field(default_factory=list)


_ITEMS: dict[str, Item] = {}


def register(
    label: Text,
    url_name: str,
    permission: str | Iterable[str] = (),
    icon: str = "circle-dot",
    group: str = "work",
    order: int = 100,
    also: Iterable[str] = (),
) -> None:
    """Add an entry (again under the same ``url_name``: replaces it).

    ``permission`` is one code or several of which any suffices; ``also`` names addresses beside its own on whose pages
    it is lit. Raises ValueError for an unknown group.
    """
    if group not in GROUPS:
        raise ValueError(f"unknown navigation group {group!r}; one of {', '.join(GROUPS)}")
    codes = (permission,) if isinstance(permission, str) else tuple(permission)
    codes = tuple(code for code in codes if code)
    _ITEMS[url_name] = Item(label, url_name, codes, icon, group, order, tuple(also))


def items() -> Sequence[Item]:
    """All registered entries in display order."""
    codes = list(GROUPS)
    return sorted(_ITEMS.values(), key=lambda item: (codes.index(item.group), item.order, item.url_name))


def groups_for(actor: Actor | None, path: str) -> list[Group]:
    """Return the groups that ``actor`` may open, the entry of page ``path`` marked active.

    An entry whose address does not exist in this installation is left out. The longest matching
    address wins, so ``/staff/requests/`` stays lit on ``/staff/requests/12/``.
    """
    found: list[tuple[Item, str]] = []
    for item in items():
        if not item.visible_to(actor):
            continue
        try:
            found.append((item, reverse(item.url_name)))
        except NoReverseMatch:
            continue
    lit = [(len(start), url) for item, url in found for start in (url, *item.also) if path.startswith(start)]
    best = max(lit, default=(0, ""))[1]
    groups: dict[str, Group] = {}
    for item, url in found:
        group = groups.setdefault(item.group, Group(item.group, GROUPS[item.group]))
        group.entries.append(Entry(item.label, url, item.icon, url == best))
    return list(groups.values())
