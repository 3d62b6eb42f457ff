"""The official account's menu, made from the functions published to WeChat.

The platform allows three columns of five entries; a column that would overflow ends in an entry that lists the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin

from django.utils.translation import gettext as _

from denghuo.apps.channels.choices import Group
from denghuo.apps.channels.queries import PublishedFunction

COLUMN_BYTES, ENTRY_BYTES = 16, 60  # longest names, UTF-8
MOST_ENTRIES = 5

FUNCTION, MORE = "fn:", "more:"
AGENT, BIND, LIST = "sys:agent", "sys:bind", "sys:list"

COLUMNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("query", (Group.QUERY.value, Group.PAY.value)),
    ("apply", (Group.REPORT.value, Group.APPLY.value)),
    ("service", (Group.SERVICE.value,)),
)


def column_name(column: str) -> str:
    """What a column is called."""
    return {"query": _("查询缴费"), "apply": _("报修办电"), "service": _("我的服务")}[column]


def in_column(column: str, functions: Iterable[PublishedFunction]) -> list[PublishedFunction]:
    """The functions of one column, in the order of tiles."""
    groups = dict(COLUMNS)[column]
    return [item for item in functions if item.group in groups]


def build_menu(functions: list[PublishedFunction], public_url: str = "") -> dict[str, Any]:
    """The body of menu/create. Functions that cannot be run in a chat become links when ``public_url`` is known."""
    columns = []
    for column, _groups in COLUMNS:
        entries = [e for item in in_column(column, functions) if (e := _entry(item, public_url)) is not None]
        fixed = []
        if column == "service":
            fixed = [_click(_("绑定户号"), BIND), _click(_("人工客服"), AGENT)]
        room = MOST_ENTRIES - len(fixed)
        if len(entries) > room:
            entries = [*entries[: room - 1], _click(_("更多服务"), MORE + column)]
        entries += fixed
        if entries:
            columns.append({"name": _cut(column_name(column), COLUMN_BYTES), "sub_button": entries})
    return {"button": columns}


def _entry(item: PublishedFunction, public_url: str) -> dict[str, str] | None:
    if item.runnable:
        return _click(item.title, FUNCTION + item.code)
    if item.url and public_url:
        return {"type": "view", "name": _cut(item.title, ENTRY_BYTES), "url": urljoin(public_url + "/", item.url)}
    return None


def _click(name: str, key: str) -> dict[str, str]:
    return {"type": "click", "name": _cut(name, ENTRY_BYTES), "key": key}


def _cut(name: str, most: int) -> str:
    return name.encode()[:most].decode(errors="ignore")
