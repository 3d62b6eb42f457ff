"""Questions and answers in running text: headings, 问：/答：, numbered questions, and the lists that belong to them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from denghuo.apps.knowledge.imports.found import Found
from denghuo.apps.knowledge.imports.sheet import code_of, lines_of

_HEADING: Final = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$")
_ASKED: Final = re.compile(r"^\s*\**\s*(?:问|问题|Q|q)\s*\d*\s*\**\s*[:：]\s*\**\s*(.+?)\s*\**\s*$")
_NUMBERED: Final = re.compile(
    r"^\s*(?:\d{1,3}\s*[.、．)）]|[（(]\d{1,3}[)）]|[一二三四五六七八九十]{1,3}、)\s*(.{3,118}[?？])\s*$"
)
_ANSWERED: Final = re.compile(r"^\s*\**\s*(?:答|答案|回答|A|a)\s*\**\s*[:：]\s*\**\s*")
_KEY: Final = re.compile(
    r"^\s*[-*]?\s*\**\s*(相似问法?|其他问法|反例问?|依据|来源|出处|场景|标签|生效日期?|失效日期?)\s*\**\s*[:：]\s*\**\s*(.*)$"
)
_BULLET: Final = re.compile(r"^\s*(?:[-*+•·]|\d{1,2}[.、)）])\s+(.+)$")
_KEYS: Final = {
    "相": "similar", "其": "similar", "反": "negative", "依": "source", "来": "source", "出": "source", "场": "scene",
    "标": "tags", "生": "valid_from", "失": "valid_to",
}  # fmt: skip


class _Reader:
    """Where the reading stands."""

    def __init__(self) -> None:
        self.found: list[Found] = []
        self.path: dict[int, str] = {}
        self.now: Found | None = None
        self.list: str = ""

    def begin(self, question: str) -> None:
        """A question: what follows is its answer."""
        context = " ".join(text for _level, text in sorted(self.path.items()) if text != question)
        self.now, self.list = Found(question.strip(), context=context), ""
        self.found.append(self.now)

    def take(self, line: str) -> None:
        """One line of the text."""
        if match := _HEADING.match(line):
            level, text = len(match[1]), match[2].strip("* ")
            self.path = {one: held for one, held in self.path.items() if one < level} | {level: text}
            self.begin(re.sub(r"^\d+(?:\.\d+)*[.、．]?\s*", "", text))
        elif match := _ASKED.match(line) or _NUMBERED.match(line):
            self.begin(match[1])
        elif self.now is not None:
            self.body(self.now, line)

    def body(self, now: Found, line: str) -> None:
        """A line under a question: of a list, a named field, or the answer."""
        if match := _KEY.match(line):
            self.list = _KEYS[match[1][0]]
            self.put(now, self.list, match[2])
            return
        bullet = _BULLET.match(line)
        if self.list in ("similar", "negative") and (bullet or not line.strip()):
            if bullet:
                self.put(now, self.list, bullet[1])
            return
        self.list = ""
        now.answer += _ANSWERED.sub("", line, count=1) + "\n"

    def put(self, now: Found, name: str, text: str) -> None:
        """A named field."""
        text = text.strip().rstrip("*").strip()
        if not text:
            return
        if name in ("similar", "negative"):
            getattr(now, name).extend(lines_of(text))
        elif name == "tags":
            now.more["tags"] = [one for one in re.split(r"[\s,，、;；]+", text) if one]
        elif name == "scene":
            now.more["scene"] = code_of("scene", text)
        else:
            now.more[name] = text


def parse(lines: Iterable[str]) -> list[Found]:
    """The entries of a text. A heading with nothing under it only says where the next ones belong."""
    reader = _Reader()
    for line in lines:
        reader.take(line.rstrip())
    for one in reader.found:
        one.answer = re.sub(r"\n{3,}", "\n\n", one.answer).strip()
    return [one for one in reader.found if one.answer or one.similar]
