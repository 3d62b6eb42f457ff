"""Every staff page as every role: an answer, never an error, never another unit's data.

The walk reads the product's addresses, so pages and models added later are walked without a change here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import URLPattern, get_resolver

from denghuo.apps.accounts.roles import ROLES
from denghuo.core.scoping.models import OrgScoped
from tests.conftest import OrgTree
from tests.helpers.rows import make_row

FAR, NEAR = "远方机密", "近处资料"
HOSTILE = "?q=%00%F0%9F%92%A1&page=-1&sort=-nothing&after=zzz&unit=1e9&at_from=9999-99-99&state=%27&org=x&id=x&kind=x"
SKIPPED = {"accounts:sign-out"}  # ends the walk
OTHER_ARGS: dict[str, list[Any]] = {
    "key": ["signin.lock_minutes"],
    "kind": ["staff", "request"],
    "verb": ["unlock", "x"],
}


class Address:
    """One address of the product with its view."""

    def __init__(self, pattern: URLPattern, prefix: str, namespace: str) -> None:
        self.pattern, self.namespace = pattern, namespace
        self.route = prefix + str(pattern.pattern)
        self.name = f"{namespace}:{pattern.name}"
        self.converters = {name: type(conv).__name__ for name, conv in pattern.pattern.converters.items()}
        self.permissions: tuple[str, ...] = getattr(pattern.callback, "permissions", ())
        self.is_page = hasattr(pattern.callback, "permissions")
        self.is_api = self.route.startswith("api/v1/")

    def open_to(self, held: frozenset[str]) -> bool:
        """Whether somebody with these permissions gets past the gate."""
        return not self.permissions or any(word in held for word in self.permissions)

    def urls(self, ids: list[int]) -> Iterator[str]:
        """The address with each id in the place of its numbers."""
        if not self.converters:
            yield f"/{self.route}"
            return
        for number in ids:
            for word in self._words():
                url = self.route
                for name, converter in self.converters.items():
                    value = number if converter == "IntConverter" else word
                    url = _put(url, name, value)
                yield f"/{url}"

    def _words(self) -> list[Any]:
        texts = [name for name, converter in self.converters.items() if converter != "IntConverter"]
        return OTHER_ARGS.get(texts[0], ["x", "00000000-0000-4000-8000-000000000000"]) if texts else [""]


def _put(route: str, name: str, value: Any) -> str:
    start = min(i for i in (route.find(f":{name}>"), route.find(f"<{name}>")) if i >= 0)
    start = route.rfind("<", 0, start + 1)
    return route[:start] + str(value) + route[route.find(">", start) + 1 :]


def addresses() -> list[Address]:
    """All addresses of pages for staff and of the API."""
    found: list[Address] = []

    def walk(patterns: Any, prefix: str, namespace: str) -> None:
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                address = Address(pattern, prefix, namespace)
                if (address.is_page or address.is_api) and address.name not in SKIPPED:
                    found.append(address)
            else:
                walk(pattern.url_patterns, prefix + str(pattern.pattern), pattern.namespace or namespace)

    walk(get_resolver().url_patterns, "", "")
    return found


@pytest.fixture
def marked(org_tree: OrgTree) -> dict[str, list[int]]:
    """A row of every scoped model near and one far; ids by app."""
    ids: dict[str, list[int]] = {}
    for model in apps.get_models():
        if issubclass(model, OrgScoped) and not model._meta.abstract:
            rows = [make_row(model, org_tree.team, NEAR), make_row(model, org_tree.other_team, FAR)]
            ids.setdefault(model._meta.app_label, []).extend(row.pk for row in rows)
    return ids


def body_of(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return str(content.decode("utf-8", "replace"))


def check(client: Client, method: str, url: str, wrong: list[str]) -> int:
    """Ask once and note what is wrong; give the status."""
    try:
        response = getattr(client, method)(url)
    except Exception as error:  # the walk reports all that is broken, not the first
        wrong.append(f"{method} {url}: {type(error).__name__}: {str(error)[:120]}")
        return 500
    if response.status_code >= 500:
        wrong.append(f"{method} {url}: {response.status_code}")
    if FAR in body_of(response):
        wrong.append(f"{method} {url}: shows what belongs to another city")
    return int(response.status_code)


@pytest.mark.parametrize("code", list(ROLES))
def test_every_page_answers_every_role_and_keeps_to_their_city(
    browser_for: Callable[..., Any], org_tree: OrgTree, marked: dict[str, list[int]], code: str
) -> None:
    client = browser_for(code, org_tree.city, home=org_tree.team, totp_confirmed_at=None)
    wrong: list[str] = []
    for address in addresses():
        ids = [*sorted(set(marked.get(address.namespace, [])))[-8:], 2**62, 10**30]
        for url in address.urls(ids):
            status = check(client, "get", url, wrong)
            if status == 405 or not address.open_to(ROLES[code].permissions):
                assert status in (302, 403, 405), url
                break
        if not address.converters:
            check(client, "get", f"/{address.route}{HOSTILE}", wrong)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "code", ["agent", "dispatcher", "crew_member", "system_admin", "security_admin", "audit_admin"]
)
def test_empty_and_misplaced_writes_are_refused_without_an_error(
    browser_for: Callable[..., Any], org_tree: OrgTree, marked: dict[str, list[int]], code: str
) -> None:
    client = browser_for(code, org_tree.city)
    wrong: list[str] = []
    for address in addresses():
        if address.is_page:
            for url in address.urls([*sorted(set(marked.get(address.namespace, [])))[-2:], 10**30]):
                check(client, "post", url, wrong)
                client.force_login(client.staff)
    assert not wrong, "\n".join(wrong)


def test_nobody_gets_in_without_signing_in(marked: dict[str, list[int]]) -> None:
    open_doors = []
    for address in addresses():
        if address.is_page:
            for url in address.urls([1]):
                for method in ("get", "post"):
                    response = getattr(Client(), method)(url)
                    if response.status_code != 405 and not response.headers.get("Location", "").startswith(
                        "/staff/sign-in/"
                    ):
                        open_doors.append(f"{method} {url}: {response.status_code}")
    assert not open_doors


def test_the_walk_finds_the_pages() -> None:
    names = {address.name for address in addresses()}
    assert {"accounts:people", "accounts:policy", "accounts:audit-row", "accounts:reveal"} <= names
