"""The dialogues in force as one book, and the check a document passes before it is released."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _

from denghuo.apps.assistant.models import Dialogue as DialogueEdition
from denghuo.apps.catalogue.editions import Problem, register
from denghuo.apps.channels.registry import FUNCTIONS
from denghuo.apps.requests.choices import RequestType
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.dialogue import Book, Dialogue, Main, parse
from denghuo.engine.dialogue import check as faults_of

FOLDER: Final = Path(__file__).parent / "shipped" / "dialogues"
MAIN: Final = "main"
#: pages a dialogue may open with what it knows filled in -> their address and the fields they take
PAGES: Final[Mapping[str, str]] = {
    "report": "requests:report",
    "matter": "requests:matter",
    "find": "requests:find",
    "booking": "requests:booking",
    "bills": "customers:hall-bills",
    "pay": "customers:hall-pay",
    "outages": "grid:hall-outages",
    "apply.rename": "requests:apply-form",
    "apply.transfer": "requests:apply-form",
    "apply.charging_pile": "requests:apply-form",
    "apply.meter_check": "requests:apply-form",
    "apply.new_home": "requests:apply-form",
    "apply.new_low": "requests:apply-form",
    "apply.increase": "requests:apply-form",
    "apply.solar": "requests:apply-form",
    "apply.tou": "requests:apply-form",
    "apply.household": "requests:apply-form",
    "apply.close": "requests:apply-form",
}


def check(document: Mapping[str, Any], org: OrgUnit | None) -> list[Problem]:
    """Every fault of a dialogue document, in words."""
    if not isinstance(document, Mapping):
        return [Problem(_("全文"), _("不是有效的对话文档"))]
    found = faults_of(document, functions=FUNCTIONS, pages=PAGES, types=RequestType.values)
    return [Problem(one.where, _words(one.code, one.about), one.severe) for one in found]


def _words(code: str, about: str) -> str:
    texts = {
        "unreadable": _("无法读取：%s，请改正后再试"),
        "text_missing": _("缺少“%s”的话术，请补充"),
        "words_missing": _("缺少“%s”的用语，请至少写一个"),
        "limit": _("“%s”的上限须至少为 1"),
        "no_steps": _("没有步骤，请至少写一步%s"),
        "no_such_step": _("指向不存在的步骤“%s”，请改名或补上这一步"),
        "never_begun": _("没有意图、用语或例句，这个对话永远不会开始%s"),
        "unknown_kind": _("不认识的信息类型“%s”"),
        "few_choices": _("“%s”至少要有两个选项"),
        "never_asked": _("“%s”没有任何步骤会询问"),
        "no_such_slot": _("用到了未定义的信息项“%s”，请先定义"),
        "asks_nothing": _("询问步骤没有写明要问什么%s"),
        "names_nothing": _("没有写明“%s”要做的是哪一项"),
        "unknown_call": _("没有“%s”这个渠道功能"),
        "unknown_open": _("没有“%s”这个办理页面"),
        "unknown_request": _("没有“%s”这个业务类型"),
        "dead_end": _("缺少“%s”之后的去向，走到这里会卡住"),
        "unreachable": _("步骤“%s”永远走不到，请删去或接上"),
        "never_ends": _("从“%s”开始走不到结束或转人工"),
        "circles": _("从“%s”开始原地打转，中间没有等待客户"),
    }
    return texts.get(code, "%s").replace("%s", about)


DIALOGUES = register(DialogueEdition, parse, check, FOLDER)


def editions_of(org: OrgUnit | None, at: dt.datetime | None = None) -> dict[str, int]:
    """Code -> key of every dialogue in force for ``org``. No query: from memory."""
    return {row.code: row.id for row in DIALOGUES.codes(org, at)}


def book_of(editions: Mapping[str, int]) -> Book | None:
    """The book of these editions; None without the main document."""
    read = {code: DIALOGUES.get(pk) for code, pk in editions.items()}
    main = read.pop(MAIN, None)
    if not isinstance(main, Main):
        return None
    return Book(main, {code: one for code, one in read.items() if isinstance(one, Dialogue)})


def draft_book(document: Mapping[str, Any], org: OrgUnit | None) -> Book | None:
    """What is in force for ``org`` with this document in the place of the one with its code. Raises DialogueError."""
    held, one = book_of(editions_of(org)), parse(document)
    if isinstance(one, Main):
        return Book(one, held.dialogues if held else {})
    return held.with_dialogue(one) if held else None
