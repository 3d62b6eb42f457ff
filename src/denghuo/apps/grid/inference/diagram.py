"""The one-line diagram of a feeder: places of its devices on a plane, drawn as SVG by the template."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from denghuo.apps.grid.inference.trees import FeederTree
from denghuo.apps.grid.models import InferredOutage, SupplyDevice

ROW, STEP, MARGIN, TEXT = 34, 26, 16, 130
LETTER = 16  # pixels of a Chinese character
MOST = 120  # devices drawn; a feeder of more is drawn around the inferred device only


@dataclass(frozen=True)
class Spot:
    """A device on the plane: where, the line from its parent, and whether it is the one, out, or reported."""

    device: SupplyDevice
    x: int
    y: int
    up_x: int | None
    up_y: int | None
    is_it: bool
    out: bool
    calls: int

    @property
    def text_x(self) -> int:
        """Where its name begins."""
        return self.x + 14


@dataclass(frozen=True)
class Diagram:
    """Spots with the size of the plane; ``left_out``: devices not drawn."""

    spots: list[Spot]
    width: int
    height: int
    left_out: int


def draw(tree: FeederTree, row: InferredOutage, calls: dict[int, int]) -> Diagram:
    """One line per device, indented by how many devices feed it. ``calls``: reports by transformer."""
    depth: dict[int, int] = {}
    out: set[int] = set()
    for device in tree.devices:
        depth[device.pk] = depth.get(device.parent_id or 0, -1) + 1
        if device.pk == row.device_id or device.parent_id in out:
            out.add(device.pk)
    shown = tree.devices if len(tree.devices) <= MOST else _around(tree, row.device_id, out)
    place: dict[int, tuple[int, int]] = {}
    spots = []
    for index, device in enumerate(shown):
        x, y = MARGIN + STEP * depth[device.pk], MARGIN + ROW * index
        up = place.get(device.parent_id or 0)
        place[device.pk] = x, y
        spots.append(
            Spot(
                device, x, y, up[0] if up else None, up[1] if up else None, device.pk == row.device_id,
                device.pk in out, calls.get(device.transformer_id or 0, 0),
            )
        )  # fmt: skip
    width = max((spot.x + LETTER * len(spot.device.name) for spot in spots), default=0) + TEXT
    return Diagram(spots, width, MARGIN + ROW * len(spots), len(tree.devices) - len(shown))


def _around(tree: FeederTree, device_id: int, out: Collection[int]) -> list[SupplyDevice]:
    """The path to the device and what it feeds, cut at MOST."""
    path = set()
    at: SupplyDevice | None = tree.devices[tree.place[device_id]] if device_id in tree.place else None
    while at is not None:
        path.add(at.pk)
        at = tree.devices[tree.place[at.parent_id]] if at.parent_id in tree.place else None
    return [device for device in tree.devices if device.pk in path or device.pk in out][:MOST]
