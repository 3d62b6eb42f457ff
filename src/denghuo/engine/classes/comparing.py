"""What is different between two editions of a class tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from denghuo.engine.classes.tree import ATTRIBUTES, Node, Tree

KINDS: Final = ("added", "removed", "retired", "revived", "renamed", "moved", "changed", "ordered")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``kind`` is one of :data:`KINDS`; ``was`` and ``now`` are the values where there are two (labels of
    *renamed*, paths of *moved*, the attribute's values of *changed*, whose name is ``attribute``)."""

    kind: str
    path: str
    label: str
    was: str = ""
    now: str = ""
    attribute: str = ""


def compare(before: Tree, after: Tree) -> list[Change]:
    """Differences in the order of ``after``, what is gone last.

    A class that vanished and one of the same code and label that appeared elsewhere are one *moved* class; the classes
    below a moved one are not told again. *ordered* names a parent whose remaining children stand in another order.
    """
    gone = {node.path: node for node in before if node.path not in after}
    moved = _moved(gone, before, after)
    changes: list[Change] = []
    for node in after:
        old = before.get(node.path)
        if old is None and node.path in moved:
            old = before.get(moved[node.path])
            assert old is not None
            if moved.get(node.parent) != old.parent:
                changes.append(Change("moved", node.path, node.label, was=old.path, now=node.path))
        if old is None:
            changes.append(Change("added", node.path, node.label))
        else:
            changes += _changed(old, node)
    changes += [
        Change("ordered", path, after.name(path))
        for path in ("", *(n.path for n in after))
        if _reordered(before, after, path)
    ]
    told = set(moved.values())
    return changes + [Change("removed", path, node.label) for path, node in gone.items() if path not in told]


def _moved(gone: dict[str, Node], before: Tree, after: Tree) -> dict[str, str]:
    """New path → old path of classes that moved, below a moved one included."""
    left: dict[tuple[str, str], list[str]] = {}
    for node in gone.values():
        left.setdefault((node.code, node.label), []).append(node.path)
    moved: dict[str, str] = {}
    for node in after:
        candidates = left.get((node.code, node.label), [])
        if node.path not in before and candidates:
            moved[node.path] = candidates.pop(0)
    return moved


def _changed(old: Node, new: Node) -> list[Change]:
    changes = []
    if old.label != new.label:
        changes.append(Change("renamed", new.path, new.label, was=old.label, now=new.label))
    if old.retired != new.retired:
        changes.append(Change("retired" if new.retired else "revived", new.path, new.label))
    for name in ("label_en", *ATTRIBUTES):
        was, now = getattr(old, name), getattr(new, name)
        if was != now:
            changes.append(Change("changed", new.path, new.label, was=_text(was), now=_text(now), attribute=name))
    return changes


def _reordered(before: Tree, after: Tree, path: str) -> bool:
    kept = {child.path for child in before.children(path)} & {child.path for child in after.children(path)}
    old = [child.path for child in before.children(path) if child.path in kept]
    return old != [child.path for child in after.children(path) if child.path in kept]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    return "、".join(value) if isinstance(value, tuple) else str(value)
