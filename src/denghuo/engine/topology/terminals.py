"""Networks as devices and terminals: what asset systems export when they know which ends of which devices meet.

Columns: devices (code, kind; if known name, closed), terminals (device, node; if known kv), customers (customer, node or
device). A device with one terminal and kind ``source`` feeds its node; one with two joins them. The kinds are those of
:class:`~denghuo.engine.topology.network.EdgeKind` or their Chinese words.
"""

from __future__ import annotations

from denghuo.engine.topology.devices import table
from denghuo.engine.topology.network import Customer, Edge, EdgeKind, Fault, FaultKind, Network, Node

SOURCES = frozenset({"source", "电源", "变电站"})
WORDS = {
    "线路": EdgeKind.LINE, "电缆": EdgeKind.LINE, "导线": EdgeKind.LINE, "配变": EdgeKind.TRANSFORMER,
    "台区": EdgeKind.TRANSFORMER, "变压器": EdgeKind.TRANSFORMER, "断路器": EdgeKind.BREAKER, "出线开关": EdgeKind.BREAKER,
    "开关": EdgeKind.SWITCH, "分段开关": EdgeKind.SWITCH, "联络开关": EdgeKind.SWITCH, "刀闸": EdgeKind.SWITCH,
    "熔断器": EdgeKind.FUSE,
}  # fmt: skip
OPEN = frozenset({"0", "false", "no", "否", "开", "分"})


def read_terminals(devices: str, terminals: str, customers: str = "") -> Network:
    """The network of these tables. Faults name the device or node and the line of its table; a device with other than two
    terminals (a source: one) is left out and named."""
    network = Network()
    ends: dict[str, list[str]] = {}
    for line, row in table(network.faults, terminals, ("device", "node")):
        node = row["node"]
        if not node:
            network.faults.append(Fault(FaultKind.BAD_VALUE, row["device"], line))
            continue
        ends.setdefault(row["device"], []).append(node)
        known = network.nodes.get(node)
        kv = _kv(network, row.get("kv", ""), row["device"], line)
        if known is None or (kv and not known.kv):
            network.nodes[node] = Node(node, kv=kv)
    seen: set[str] = set()
    for line, row in table(network.faults, devices, ("code", "kind")):
        code = row["code"]
        if not code or code in seen:
            network.faults.append(Fault(FaultKind.DUPLICATE if code else FaultKind.BAD_VALUE, code, line))
            continue
        seen.add(code)
        _device(network, row, ends.get(code, []), line)
    for line, row in table(network.faults, customers, ("customer",)) if customers.strip() else ():
        at = row.get("node") or next(iter(ends.get(row.get("device", ""), [])[-1:]), "")
        if not at:
            network.faults.append(Fault(FaultKind.CUSTOMER_DARK, row["customer"], line))
        network.customers.append(Customer(row["customer"], at))
    return network


def _device(network: Network, row: dict[str, str], ends: list[str], line: int) -> None:
    code, word = row["code"], row["kind"].strip()
    if word in SOURCES:
        if len(ends) == 1:
            network.sources.append(ends[0])
        else:
            network.faults.append(Fault(FaultKind.OPEN_END, code, line))
        return
    kind = WORDS.get(word) or (EdgeKind(word) if word in set(EdgeKind) else None)
    if kind is None:
        network.faults.append(Fault(FaultKind.BAD_VALUE, code, line))
        return
    if len(ends) != 2:
        network.faults.append(Fault(FaultKind.OPEN_END, code, line))
        return
    closed = row.get("closed", "1").casefold() not in OPEN
    network.edges.append(Edge(code, kind, ends[0], ends[1], row.get("name", ""), closed))


def _kv(network: Network, text: str, code: str, line: int) -> float:
    if not text:
        return 0.0
    try:
        return float(text)
    except ValueError:
        network.faults.append(Fault(FaultKind.BAD_VALUE, code, line))
        return 0.0
