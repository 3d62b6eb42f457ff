"""Fields of a flow's own: what its steps without code ask for, beside the columns of a request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from denghuo.engine.flow.model import Flow, FlowError

KINDS: Final = ("text", "number", "choice", "date")
CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class OwnField:
    """``kind`` is one of :data:`KINDS`; ``least`` and ``most`` bound a number, ``unit`` follows it; ``choices`` are pairs
    of value and label."""

    code: str
    label: str
    label_en: str = ""
    kind: str = "text"
    unit: str = ""
    help: str = ""
    least: float | None = None
    most: float | None = None
    choices: tuple[tuple[str, str], ...] = ()


def own_fields(flow: Flow) -> dict[str, OwnField]:
    """The fields the document defines, in its order. Raises FlowError."""
    return fields_of(flow.extra)


def fields_of(document: Mapping[str, Any]) -> dict[str, OwnField]:
    """The same of a document that has not been read as a flow."""
    rows = document.get("fields") or []
    if not isinstance(rows, list):
        raise FlowError("fields", "must be a list")
    found: dict[str, OwnField] = {}
    for number, row in enumerate(rows):
        field = _field(row, f"fields[{number}]")
        if field.code in found:
            raise FlowError(f"fields[{number}].code", f"twice: {field.code}")
        found[field.code] = field
    return found


def _field(row: Any, where: str) -> OwnField:
    if not isinstance(row, Mapping):
        raise FlowError(where, "must be a table")
    for name in ("code", "label"):
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise FlowError(f"{where}.{name}", "is missing")
    if not CODE.fullmatch(row["code"]):
        raise FlowError(f"{where}.code", f"bad code: {row['code']}")
    kind = row.get("kind", "text")
    if kind not in KINDS:
        raise FlowError(f"{where}.kind", f"no such kind: {kind}")
    bounds = [row.get("least"), row.get("most")]
    if any(not isinstance(bound, int | float | type(None)) or isinstance(bound, bool) for bound in bounds):
        raise FlowError(f"{where}.least", "must be a number")
    choices = row.get("choices") or []
    if not isinstance(choices, list) or any(not _pair(one) for one in choices):
        raise FlowError(f"{where}.choices", "must be a list of pairs")
    if kind == "choice" and not choices:
        raise FlowError(f"{where}.choices", "is missing")
    words = {name: str(row.get(name) or "") for name in ("label_en", "unit", "help")}
    pairs = tuple((one[0], one[1]) for one in choices)
    return OwnField(
        row["code"], row["label"].strip(), kind=kind, least=bounds[0], most=bounds[1], choices=pairs, **words
    )


def _pair(one: Any) -> bool:
    return isinstance(one, list | tuple) and len(one) == 2 and all(isinstance(part, str) and part for part in one)
