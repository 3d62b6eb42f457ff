"""The navigation shows what the person may open, and where they are."""

from collections.abc import Iterator

import pytest

from denghuo.core.actors import Actor, Grant
from denghuo.web import nav

pytestmark = pytest.mark.urls("web_test_urls")


@pytest.fixture(autouse=True)
def _only_ours(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(nav, "_ITEMS", {})
    nav.register("二", "two", "area.two", "truck", "watch", 10)
    nav.register("一", "one", ("area.one", "area.other"), "phone", "work", 20)
    nav.register("不存在", "no-such-page", "area.one", "x", "work", 10)
    return


def actor(*permissions: str) -> Actor:
    return Actor("staff", 1, "测试员", (Grant("role", frozenset(permissions), "1.4."),))


def labels(groups: list[nav.Group]) -> dict[str, list[str]]:
    return {group.code: [str(entry.label) for entry in group.entries] for group in groups}


def test_a_person_sees_only_what_their_permissions_open() -> None:
    assert labels(nav.groups_for(actor("area.one"), "/")) == {"work": ["一"]}
    assert labels(nav.groups_for(actor("area.other", "area.two"), "/")) == {"work": ["一"], "watch": ["二"]}
    assert labels(nav.groups_for(actor("something.else"), "/")) == {}


def test_nobody_signed_in_sees_nothing() -> None:
    assert nav.groups_for(None, "/") == []


def test_an_entry_stays_lit_on_the_pages_below_it() -> None:
    [group] = nav.groups_for(actor("area.one"), "/staff/one/12/")
    assert [entry.active for entry in group.entries] == [True]


def test_an_unknown_group_is_refused() -> None:
    with pytest.raises(ValueError, match="group"):
        nav.register("x", "x", "", "x", "nowhere")
