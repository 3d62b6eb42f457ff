"""What a class tree must satisfy before it is released."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from denghuo.engine.classes.rows import SEPARATORS
from denghuo.engine.classes.tree import ATTRIBUTES, DEEPEST, Tree, TreeError, read_tree

SEGMENT: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
LONGEST_PATH: Final = 80  # the request's column
LONGEST_LABEL: Final = 40
KNOWN: Final = frozenset({"path", "label", "label_en", "retired", *ATTRIBUTES})


@dataclass(frozen=True, slots=True)
class Fault:
    """``code`` names the kind of fault, ``where`` the node's path or the field, ``values`` what a message fills in.
    Those that are not ``severe`` are advice."""

    where: str
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)
    severe: bool = True


def check_tree(
    document: Mapping[str, Any],
    *,
    in_force: Tree | None = None,
    used: Mapping[str, int] | None = None,
    first_level: Collection[str] | None = None,
) -> list[Fault]:
    """Every fault of a document.

    ``in_force`` is the edition it would replace; classes of it that are missing must be retired instead when requests
    use them (``used``: path → number of requests). ``first_level`` are the codes the first level may hold: those that
    code and columns elsewhere rely on; none of them may go away.
    """
    try:
        tree = read_tree(document)
    except TreeError as error:
        return [Fault(error.where, error.message)]
    faults = [*_head(document, tree), *_attributes(document), *_nodes(tree), *_siblings(tree)]
    if first_level is not None:
        faults += [
            Fault(r.path, "top_unknown", {"known": sorted(first_level)})
            for r in tree.roots
            if r.code not in first_level
        ]
        faults += [Fault(code, "top_missing") for code in first_level if code not in tree]
    if in_force is not None:
        faults += _removed(tree, in_force, used or {})
    return faults


def _head(document: Mapping[str, Any], tree: Tree) -> Iterator[Fault]:
    if not str(document.get("label") or "").strip():
        yield Fault("label", "no_label")
    levels = document.get("levels", tree.levels)
    if not isinstance(levels, int) or isinstance(levels, bool) or not 1 <= levels <= DEEPEST:
        yield Fault("levels", "bad_levels", {"most": DEEPEST})


def _attributes(document: Mapping[str, Any]) -> Iterator[Fault]:
    for item in document["nodes"]:
        path = item["path"]
        for name in item:
            if name not in KNOWN:
                yield Fault(path, "unknown_attribute", {"name": name})
        for name, kind in ATTRIBUTES.items():
            value = item.get(name)
            if value in (None, "", []):
                continue
            if kind == "flag" and not isinstance(value, bool):
                yield Fault(path, "not_flag", {"name": name})
            elif kind == "texts" and not (isinstance(value, list) and all(isinstance(v, str) for v in value)):
                yield Fault(path, "not_texts", {"name": name})
            elif kind == "texts":
                for word in value:
                    if not word.strip() or SEPARATORS.search(word):
                        yield Fault(path, "bad_word", {"name": name, "value": word})
            elif kind == "text" and not isinstance(value, str):
                yield Fault(path, "not_text", {"name": name})
            elif isinstance(kind, tuple) and value not in kind:
                yield Fault(path, "bad_value", {"name": name, "value": str(value), "known": list(kind)})
        if not isinstance(item.get("retired", False), bool):
            yield Fault(path, "not_flag", {"name": "retired"})


def _nodes(tree: Tree) -> Iterator[Fault]:
    for node in tree:
        if not SEGMENT.fullmatch(node.code):
            yield Fault(node.path, "bad_code", {"code": node.code})
        if len(node.path) > LONGEST_PATH:
            yield Fault(node.path, "long_path", {"most": LONGEST_PATH})
        if node.level > tree.levels:
            yield Fault(node.path, "too_deep", {"level": node.level, "levels": tree.levels})
        if not node.label.strip():
            yield Fault(node.path, "no_label")
        elif len(node.label) > LONGEST_LABEL:
            yield Fault(node.path, "long_label", {"most": LONGEST_LABEL})
        if not node.label_en.strip():
            yield Fault(node.path, "no_english", severe=False)
        if node.retired and any(not child.retired for child in tree.children(node.path)):
            yield Fault(node.path, "retired_above", severe=False)


def _siblings(tree: Tree) -> Iterator[Fault]:
    for parent in ("", *(node.path for node in tree)):
        seen: dict[str, str] = {}
        for child in tree.children(parent):
            if child.retired or not child.label.strip():
                continue
            if child.label in seen:
                yield Fault(child.path, "same_label", {"label": child.label, "other": seen[child.label]})
            seen.setdefault(child.label, child.path)


def _removed(tree: Tree, before: Tree, used: Mapping[str, int]) -> Iterator[Fault]:
    for node in before:
        if node.path in tree:
            continue
        count = used.get(node.path, 0)
        if count:
            yield Fault(node.path, "removed_in_use", {"label": node.label, "count": count})
        elif not node.retired:
            yield Fault(node.path, "removed", {"label": node.label}, severe=False)
