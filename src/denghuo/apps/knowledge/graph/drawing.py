"""What is drawn and listed around one entity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from denghuo.apps.knowledge.graph import vocabulary
from denghuo.engine.graph import Branch, Drawing, Edge, Network, Node, Scope, draw

WIDE, NARROW = 1040.0, 340.0
MORE = 0  # the number of the box that stands for those not drawn


@dataclass(frozen=True)
class Line:
    """One statement as the list shows it."""

    edge: Edge
    other: Node
    when: str


@dataclass(frozen=True)
class Group:
    """Statements of one kind and direction."""

    code: str
    label: str
    tone: str
    lines: tuple[Line, ...]


def groups(network: Network, node: Node, *, kinds: Iterable[str] = (), scope: Scope | None = None) -> list[Group]:
    """Statements about ``node``, by kind and direction in the vocabulary's order. ``kinds`` narrows to those; with
    ``scope`` only what may hold there.
    """
    wanted = set(kinds)
    found: dict[tuple[str, bool], list[Line]] = defaultdict(list)
    for forward, edges in ((True, network.out.get(node.id, ())), (False, network.into.get(node.id, ()))):
        for edge in edges:
            if (wanted and edge.kind not in wanted) or (scope is not None and not scope.admits(edge)):
                continue
            other = network.nodes[edge.tail if forward else edge.head]
            found[edge.kind, forward].append(Line(edge, other, when(network, edge)))
    order = list(vocabulary.relation_kinds())
    ranked = sorted(found, key=lambda key: (not key[1], order.index(key[0]) if key[0] in order else 99))
    return [
        Group(
            f"{kind}-{'out' if forward else 'in'}", vocabulary.relation_label(kind, forward=forward),
            _tone(lines), tuple(lines),
        )
        for kind, forward in ranked
        for lines in [found[kind, forward]]
    ]  # fmt: skip


def _tone(lines: list[Line]) -> str:
    kind = vocabulary.entity_kinds().get(lines[0].other.kind)
    return kind.tone if kind else "neutral"


def when(network: Network, edge: Edge) -> str:
    """The qualifiers of a statement in words."""
    place = [network.nodes[edge.place].name] if edge.place in network.nodes else []
    said = [vocabulary.qualifier_label(n, getattr(edge, n)) for n in vocabulary.QUALIFIERS if getattr(edge, n)]
    return " · ".join([*place, *said, *([edge.condition] if edge.condition else [])])


def drawings(node: Node, found: list[Group], most: int) -> tuple[Drawing, Drawing]:
    """The wide and the narrow drawing; of each kind at most ``most`` boxes, the last saying how many are left out."""
    branches = [Branch(group.tone, group.label, _leaves(group, most)) for group in found]
    return (
        draw(node.name, node.id, branches, width=WIDE, two_sided=True),
        draw(node.name, node.id, branches, width=NARROW, two_sided=False),
    )


def _leaves(group: Group, most: int) -> tuple[tuple[int, str, str], ...]:
    lines = group.lines if len(group.lines) <= most else group.lines[: most - 1]
    leaves = [(line.other.id, line.other.name, line.when) for line in lines]
    if len(lines) < len(group.lines):
        leaves.append((MORE, _("还有 %(n)s 个，见列表") % {"n": len(group.lines) - len(lines)}, ""))
    return tuple(leaves)
