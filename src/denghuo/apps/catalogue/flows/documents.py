"""Flow documents as text and as things to edit: reading a file with the line of a fault, small changes one at a time."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

from denghuo.apps.catalogue.toml_text import to_toml
from denghuo.core.errors import InvalidInput
from denghuo.engine.flow import FlowError

Document = dict[str, Any]

LARGEST: Final = 512 * 1024  # characters of a document: the largest shipped one has five thousand
#: Properties of an edition that a file may carry but that are not part of the document.
OUTSIDE: Final = ("number", "source", "trust")
PARTS: Final = ("states", "steps", "fields")
_TOML_PLACE: Final = re.compile(r"\(at line (\d+), column (\d+)\)|\(at end of document\)")


class Unreadable(ValueError):
    """Text that is neither TOML nor JSON as it should be; ``line`` is None when no line can be named."""

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message)
        self.message, self.line = message, line


def as_text(document: Mapping[str, Any], form: str) -> str:
    """The document as ``toml`` or ``json`` text."""
    if form == "json":
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return to_toml(document)


def read(text: str) -> Document:
    """A document from text: JSON when it begins with a brace, else TOML. Raises Unreadable."""
    if len(text) > LARGEST:
        raise Unreadable(_("内容过大，流程文件应在 512 KB 以内"), None)
    try:
        found = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except json.JSONDecodeError as error:
        message = _("第 %(line)s 行第 %(column)s 列附近不是合法的 JSON，请检查括号、引号和逗号")
        raise Unreadable(message % {"line": error.lineno, "column": error.colno}, error.lineno) from error
    except tomllib.TOMLDecodeError as error:
        raise _toml_fault(text, str(error)) from error
    except RecursionError as error:
        raise Unreadable(_("括号嵌套过深，请检查是否漏了右括号"), None) from error
    if not isinstance(found, dict):
        raise Unreadable(_("应为一个流程：名称、状态、步骤"), 1)
    return {name: value for name, value in found.items() if name not in OUTSIDE}


def _toml_fault(text: str, message: str) -> Unreadable:
    found = _TOML_PLACE.search(message)
    if found is None or found[1] is None:
        line = text.count("\n") + 1
        return Unreadable(_("文件没有写完，请检查最后的引号和括号（第 %(line)s 行）") % {"line": line}, line)
    words = {"line": found[1], "column": found[2]}
    return Unreadable(_("第 %(line)s 行第 %(column)s 列不是合法的 TOML，请检查引号、等号和括号") % words, int(found[1]))


def line_of(text: str, part: str, index: int) -> int | None:
    """The line on which the ``index``-th entry of ``part`` (states, steps, fields) begins in ``text``."""
    if text.lstrip().startswith("{"):
        return _json_line(text, part, index)
    heads = [match.start() for match in re.finditer(rf"^\s*\[\[\s*{part}\s*\]\]", text, re.MULTILINE)]
    if not heads:  # states = [ { … }, { … } ]
        start = re.search(rf"^\s*{part}\s*=\s*\[", text, re.MULTILINE)
        heads = [] if start is None else _entries(text, start.end())
    return text.count("\n", 0, heads[index] + _blank(text, heads[index])) + 1 if index < len(heads) else None


def _blank(text: str, at: int) -> int:
    rest = text[at:]
    return len(rest) - len(rest.lstrip())


def _json_line(text: str, part: str, index: int) -> int | None:
    start = re.search(rf'"{part}"\s*:\s*\[', text)
    heads = [] if start is None else _entries(text, start.end())
    return text.count("\n", 0, heads[index]) + 1 if index < len(heads) else None


def _entries(text: str, start: int) -> list[int]:
    """Where the tables of a list begin, from just inside its bracket; quotes are passed over."""
    found, depth, quoted, n = [], 0, "", start
    while n < len(text):
        char = text[n]
        if quoted:
            n += char == "\\"
            quoted = "" if char == quoted else quoted
        elif char in "\"'":
            quoted = char
        elif char in "{[":
            if char == "{" and depth == 0:
                found.append(n)
            depth += 1
        elif char in "}]":
            if depth == 0:
                break
            depth -= 1
        n += 1
    return found


# --- changes ------------------------------------------------------------------------------------


def put(document: Mapping[str, Any], part: str, index: int | None, row: Mapping[str, Any]) -> tuple[Document, int]:
    """Put ``row`` in the place ``index`` of ``part`` (None: at the end). A state that gets another code takes its steps
    with it. Gives the new document and the row's place."""
    found = editable(document)
    rows = found.setdefault(part, [])
    clean = {name: value for name, value in row.items() if value not in (None, "", [], ())}
    if index is None:
        rows.append(clean)
        return found, len(rows) - 1
    was = rows[index]
    rows[index] = clean
    if part == "states" and was.get("code") and was.get("code") != clean.get("code"):
        _rename(found, str(was["code"]), str(clean.get("code", "")))
    if part == "fields" and was.get("code") and was.get("code") != clean.get("code"):
        for step in found.get("steps", ()):
            step["required"] = [clean.get("code") if one == was["code"] else one for one in step.get("required", ())]
    return found, index


def remove(document: Mapping[str, Any], part: str, index: int) -> Document:
    """Take a row out. With a state go the steps that lead to it, and its place among the sources of others; with a field
    the demand for it."""
    found = editable(document)
    row = found[part].pop(index)
    code = row.get("code")
    if part == "states":
        for step in found.get("steps", ()):
            step["from"] = [one for one in step.get("from", ()) if one != code]
        found["steps"] = [step for step in found.get("steps", ()) if step["from"] and step.get("to") != code]
    if part == "fields":
        for step in found.get("steps", ()):
            step["required"] = [one for one in step.get("required", ()) if one != code]
    return found


def move(document: Mapping[str, Any], part: str, index: int, by: int) -> tuple[Document, int]:
    """Move a row up (-1) or down (1); at the end it stays."""
    found = editable(document)
    rows = found[part]
    other = index + by
    if 0 <= other < len(rows):
        rows[index], rows[other] = rows[other], rows[index]
        return found, other
    return found, index


def editable(document: Mapping[str, Any]) -> Document:
    """A copy of ``document`` whose parts are lists of tables. Raises InvalidInput for one that is not (it was typed as
    text, and is mended as text)."""
    found = copy.deepcopy(dict(document))
    for part in PARTS:
        rows = found.get(part, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise InvalidInput({"document": _("草稿的结构读不通，请在“文本”页改正")})
    for step in found.get("steps", ()):
        for name in ("from", "roles", "required", "start", "stop", "notify"):
            if not isinstance(step.get(name, []), list):
                raise InvalidInput({"document": _("草稿的结构读不通，请在“文本”页改正")})
    return found


def _rename(document: Document, was: str, then: str) -> None:
    if document.get("initial") == was:
        document["initial"] = then
    for step in document.get("steps", ()):
        step["from"] = [then if one == was else one for one in step.get("from", ())]
        if step.get("to") == was:
            step["to"] = then


__all__ = ["Document", "FlowError", "Unreadable", "as_text", "editable", "line_of", "move", "put", "read", "remove"]
