"""From a network to its supply tree: which device feeds which, and below which of them every customer hangs."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field

from denghuo.engine.outage.types import DeviceKind, Forest, forest
from denghuo.engine.topology.network import Edge, EdgeKind, Fault, FaultKind, Network

LOW_KV = 1.0  # up to this is low voltage (GB/T 156: 1 kV)
HIGH_KV = 36.0  # above this is no distribution feeder (GB/T 156: 35 kV and below distribute)
SWITCHING = frozenset({EdgeKind.BREAKER, EdgeKind.SWITCH, EdgeKind.FUSE})


@dataclass(frozen=True)
class Device:
    """A device that can open. ``parent``: index of the one that feeds it, -1 at a source. ``customers``: those hanging on it
    directly, None when only a table of customers can tell."""

    code: str
    name: str
    kind: DeviceKind
    parent: int
    kv: float = 0.0
    lon: float | None = None
    lat: float | None = None
    customers: int | None = None


@dataclass
class Tree:
    """Devices, every parent before its children, and (customer, device) pairs; device -1: customer without supply."""

    devices: list[Device] = field(default_factory=list)
    customers: list[tuple[str, int]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def forest(self, meters: Collection[str] = ()) -> Forest:
        """The arrays outage inference works on; ``meters``: codes of customers whose meters report."""
        reports = set(meters)
        return forest(
            [d.parent for d in self.devices],
            [d.kind for d in self.devices],
            [at for _code, at in self.customers],
            [code in reports for code, _at in self.customers],
        )

    @property
    def fatal(self) -> bool:
        """Whether nothing may be imported from it."""
        return any(fault.fatal for fault in self.faults)


def tree_of(network: Network) -> Tree:
    """Walk from the sources over closed edges, breadth first, so that a loop is cut where both ways are as long.

    Devices are switches, breakers, fuses, transformers, medium-voltage lines, and the first low-voltage line behind a
    transformer (the fuse of a low-voltage feeder); other low-voltage lines are passed through. Faults: no source, loops,
    nodes no source reaches, customers there. Linear in nodes and edges.
    """
    tree = Tree(faults=list(network.faults))
    if not network.sources:
        tree.faults.append(Fault(FaultKind.NO_SOURCE, ""))
        return tree
    near: dict[str, list[int]] = {}
    for index, edge in enumerate(network.edges):
        if edge.closed:
            near.setdefault(edge.a, []).append(index)
            near.setdefault(edge.b, []).append(index)
    above: dict[str, int] = dict.fromkeys(network.sources, -1)
    busbars: set[str] = set()
    used: set[int] = set()
    queue = deque(network.sources)
    while queue:
        node = queue.popleft()
        for index in near.get(node, ()):
            if index in used:
                continue
            used.add(index)
            edge = network.edges[index]
            far = edge.b if edge.a == node else edge.a
            if far in above:
                tree.faults.append(Fault(FaultKind.LOOP, edge.code))
                continue
            above[far] = _device(tree, network, edge, node, far, above[node], node in busbars)
            if edge.kind == EdgeKind.TRANSFORMER and _low(network, far):
                busbars.add(far)
            queue.append(far)
    _attach(tree, network, above)
    return tree


def _kv(network: Network, node: str) -> float:
    found = network.nodes.get(node)
    return found.kv if found is not None else 0.0


def _low(network: Network, node: str) -> bool:
    return 0 < _kv(network, node) <= LOW_KV


def _device(tree: Tree, network: Network, edge: Edge, node: str, far: str, parent: int, busbar: bool) -> int:
    """The device above ``far``: a new one, or that above ``node`` when the edge is no device."""
    low = _low(network, far)
    if edge.kind == EdgeKind.TRANSFORMER:
        stepped = _kv(network, node) > _kv(network, far) > 0
        kind = DeviceKind.TRANSFORMER if low else DeviceKind.SOURCE if stepped else DeviceKind.SECTION
    elif edge.kind in SWITCHING:
        high = _kv(network, node) > HIGH_KV
        kind = DeviceKind.LV_FEEDER if low else DeviceKind.SOURCE if high else DeviceKind.SECTION
        if kind == DeviceKind.SECTION and (parent < 0 or tree.devices[parent].kind == DeviceKind.SOURCE):
            kind = DeviceKind.FEEDER
    elif not low:
        kind = DeviceKind.LINE
    elif busbar:
        kind = DeviceKind.LV_FEEDER
    else:
        return parent
    at = network.nodes.get(far)
    tree.devices.append(
        Device(
            edge.code,
            edge.name or edge.code,
            kind,
            parent,
            at.kv if at else 0.0,
            at.lon if at else None,
            at.lat if at else None,
        )
    )
    return len(tree.devices) - 1


def _attach(tree: Tree, network: Network, above: dict[str, int]) -> None:
    dark = sum(1 for node in network.nodes if node not in above)
    if dark:
        some = next(node for node in network.nodes if node not in above)
        tree.faults.append(Fault(FaultKind.ISLAND, some))
    for customer in network.customers:
        at = above.get(customer.node, -1)
        if customer.node not in network.nodes:
            tree.faults.append(Fault(FaultKind.UNKNOWN_NODE, customer.code))
        elif customer.node not in above:
            tree.faults.append(Fault(FaultKind.CUSTOMER_DARK, customer.code))
        tree.customers.append((customer.code, at))
