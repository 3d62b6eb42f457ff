"""Where the boxes and lines of a drawing stand: one thing and what is around it, grouped by the kind of statement.

Two sides for wide screens, one column below for narrow ones. Lengths are the drawing's own units (a pixel when shown
one to one); text is measured roughly, one em for a Chinese character and little over half for others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

FONT = 14.0
ROW = 40.0  # from one box to the next
BOX = 32.0  # height of a box
GROUP_GAP = 14.0
LABEL = 84.0  # room for the name of the kind of statement
MARGIN = 10.0
PAD = 14.0


@dataclass(frozen=True, slots=True)
class Branch:
    """One kind of statement and the things it leads to: (id, text, small text)."""

    kind: str
    label: str
    leaves: tuple[tuple[int, str, str], ...]


@dataclass(frozen=True, slots=True)
class Box:
    """A box with its lines of text; ``id`` -1 is the label of a branch."""

    id: int
    kind: str
    text: str
    small: str
    x: float
    y: float
    width: float
    height: float = BOX

    @property
    def middle(self) -> float:
        """Height of its middle."""
        return round(self.y + self.height / 2, 1)

    @property
    def text_x(self) -> float:
        """Where its text begins."""
        return round(self.x + PAD, 1)

    @property
    def centre(self) -> float:
        """Middle across."""
        return round(self.x + self.width / 2, 1)


@dataclass(slots=True)
class Drawing:
    """Boxes and curves (SVG path data with the kind of statement)."""

    width: float
    height: float
    centre: Box
    leaves: list[Box] = field(default_factory=list)
    labels: list[Box] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)


def text_width(text: str, size: float = FONT) -> float:
    """About how wide ``text`` is drawn."""
    return sum(size if ord(char) > 0x2E7F else size * 0.58 for char in text)


def clipped(text: str, room: float, size: float = FONT) -> str:
    """``text``, cut with an ellipsis so that it fits into ``room``."""
    if text_width(text, size) <= room:
        return text
    out = ""
    for char in text:
        if text_width(out + char, size) > room - size:
            break
        out += char
    return out + "…"


def draw(name: str, node: int, branches: Sequence[Branch], *, width: float, two_sided: bool) -> Drawing:
    """Lay ``node`` and its branches out within ``width``; the height follows from how much there is."""
    return _two_sides(name, node, branches, width) if two_sided else _one_side(name, node, branches, width)


def _size(branch: Branch) -> float:
    return len(branch.leaves) * ROW + GROUP_GAP


def _two_sides(name: str, node: int, branches: Sequence[Branch], width: float) -> Drawing:
    right: list[Branch] = []
    left: list[Branch] = []
    for branch in sorted(branches, key=lambda one: -_size(one)):
        side = right if sum(map(_size, right)) <= sum(map(_size, left)) else left
        side.append(branch)
    order = {branch.kind: place for place, branch in enumerate(branches)}
    for side in (left, right):
        side.sort(key=lambda one: order[one.kind])
    height = max(sum(map(_size, left)), sum(map(_size, right)), 2 * ROW) + 2 * MARGIN
    middle_width = min(220.0, max(96.0, text_width(name, 16) + 2 * PAD + 6))
    centre = Box(
        node, "centre", clipped(name, middle_width - 2 * PAD, 16), "", round(width / 2 - middle_width / 2, 1),
        round(height / 2 - 24, 1), middle_width, 48,
    )  # fmt: skip
    drawing = Drawing(width, round(height, 1), centre)
    room = width / 2 - middle_width / 2 - LABEL - 56 - MARGIN
    for side, sign in ((right, 1), (left, -1)):
        y = (height - sum(map(_size, side))) / 2
        start = width / 2 + sign * middle_width / 2
        for branch in side:
            span = len(branch.leaves) * ROW
            mid = round(y + span / 2 + GROUP_GAP / 2, 1)
            tag_x = start + sign * 40 if sign > 0 else start - 40 - LABEL
            drawing.labels.append(
                Box(-1, branch.kind, branch.label, "", round(tag_x, 1), round(mid - 12, 1), LABEL, 24)
            )
            near = start + sign * 40
            far = near + sign * LABEL
            drawing.lines.append((branch.kind, curve(start, height / 2, near, mid)))
            for place, (leaf, text, small) in enumerate(branch.leaves):
                top = y + GROUP_GAP / 2 + place * ROW + (ROW - BOX) / 2
                edge_x = far + sign * 16
                x = edge_x if sign > 0 else edge_x - room
                drawing.lines.append((branch.kind, curve(far, mid, edge_x, top + BOX / 2)))
                drawing.leaves.append(_leaf(leaf, branch.kind, text, small, x, top, room))
            y += _size(branch)
    return drawing


def _one_side(name: str, node: int, branches: Sequence[Branch], width: float) -> Drawing:
    centre = Box(
        node, "centre", clipped(name, width - 2 * MARGIN - 2 * PAD, 16), "", MARGIN, MARGIN, width - 2 * MARGIN, 44
    )
    drawing = Drawing(width, 0, centre)
    stem, y = MARGIN + 14, MARGIN + 44 + 10
    for branch in branches:
        drawing.labels.append(Box(-1, branch.kind, branch.label, "", stem + 16, y, LABEL, 24))
        drawing.lines.append((branch.kind, f"M{stem} {MARGIN + 44} V{y + 12} H{stem + 16}"))
        top = y + 24 + 6
        for leaf, text, small in branch.leaves:
            x = stem + 38
            drawing.lines.append((branch.kind, f"M{stem + 26} {y + 24} V{top + BOX / 2} H{x}"))
            drawing.leaves.append(_leaf(leaf, branch.kind, text, small, x, top, width - x - MARGIN))
            top += ROW
        y = top + GROUP_GAP
    drawing.height = round(y, 1)
    return drawing


def _leaf(leaf: int, kind: str, text: str, small: str, x: float, y: float, room: float) -> Box:
    space = room - 2 * PAD
    if small:
        small = clipped(small, max(60.0, space - text_width(text) - 8), 11)
        space -= text_width(small, 11) + 8
    return Box(leaf, kind, clipped(text, space), small, round(x, 1), round(y, 1), round(room, 1))


def curve(x0: float, y0: float, x1: float, y1: float) -> str:
    """A line that leaves and arrives level."""
    bend = (x0 + x1) / 2
    return f"M{x0:.1f} {y0:.1f} C{bend:.1f} {y0:.1f} {bend:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
