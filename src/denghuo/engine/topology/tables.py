"""Networks as flat tables: bus, line, switch, transformer, load (the columns of pandapower and SimBench).

Columns needed: bus (bus, vn_kv), line (line, from_bus, to_bus), switch (switch, bus, element, et, closed), trafo (trafo,
hv_bus, lv_bus), load (load, bus). ``et`` of a switch: "b" joins two buses, "l" and "t" stand at the end of a line or
transformer and open it when open. Optional: name, lon, lat, in_service.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from denghuo.engine.topology.network import Customer, Edge, EdgeKind, Fault, FaultKind, Network, Node

NEEDED = {
    "bus": ("bus", "vn_kv"),
    "line": ("line", "from_bus", "to_bus"),
    "switch": ("switch", "bus", "element", "et", "closed"),
    "trafo": ("trafo", "hv_bus", "lv_bus"),
    "load": ("load", "bus"),
}
OPTIONAL = frozenset({"switch"})
BREAKERS = frozenset({"CB"})
FALSE = frozenset({"0", "false", "False", "FALSE", "否", "开"})


def read_tables(tables: Mapping[str, str]) -> Network:
    """The network of these tables, by name and text. Faults name table and line; a table may lack rows, not columns.

    Sources are the nodes of the highest voltage that no transformer feeds: without a table of sources that is where
    supply comes from.
    """
    network = Network()
    rows = {name: list(_rows(network, name, tables.get(name, ""))) for name in NEEDED}
    for line, row in rows["bus"]:
        code = row["bus"]
        if code in network.nodes:
            network.faults.append(Fault(FaultKind.DUPLICATE, f"bus:{code}", line))
            continue
        kv = _number(network, row["vn_kv"], f"bus:{code}", line) or 0.0
        network.nodes[code] = Node(code, row.get("name", ""), kv, _degrees(row.get("lon")), _degrees(row.get("lat")))
    broken = {(r["et"], r["element"]) for _line, r in rows["switch"] if r["closed"] in FALSE and r["et"] in ("l", "t")}
    for line, row in rows["line"]:
        closed = ("l", row["line"]) not in broken and row.get("in_service", "1") not in FALSE
        _join(
            network,
            Edge(f"L{row['line']}", EdgeKind.LINE, row["from_bus"], row["to_bus"], row.get("name", ""), closed),
            line,
        )
    for line, row in rows["trafo"]:
        closed = ("t", row["trafo"]) not in broken and row.get("in_service", "1") not in FALSE
        _join(
            network,
            Edge(f"T{row['trafo']}", EdgeKind.TRANSFORMER, row["hv_bus"], row["lv_bus"], row.get("name", ""), closed),
            line,
        )
    for line, row in rows["switch"]:
        if row["et"] != "b":
            continue
        kind = EdgeKind.BREAKER if row.get("type") in BREAKERS else EdgeKind.SWITCH
        edge = Edge(
            f"S{row['switch']}", kind, row["bus"], row["element"], row.get("name", ""), row["closed"] not in FALSE
        )
        _join(network, edge, line)
    network.customers = [Customer(row["load"], row["bus"]) for _line, row in rows["load"]]
    network.sources = _sources(network, {(row["hv_bus"], row["lv_bus"]) for _line, row in rows["trafo"]})
    return network


def _rows(network: Network, name: str, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    if not text.strip():
        if name not in OPTIONAL:
            network.faults.append(Fault(FaultKind.MISSING_COLUMN, name))
        return
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    missing = [column for column in NEEDED[name] if column not in (reader.fieldnames or [])]
    if missing:
        network.faults.append(Fault(FaultKind.MISSING_COLUMN, f"{name}.{missing[0]}", 1))
        return
    for line, row in enumerate(reader, start=2):
        yield (
            line,
            {key: (value or "").strip() for key, value in row.items() if isinstance(value, str) or value is None},
        )


def _join(network: Network, edge: Edge, line: int) -> None:
    for end in (edge.a, edge.b):
        if end not in network.nodes:
            network.faults.append(Fault(FaultKind.UNKNOWN_NODE, f"{edge.code}:{end}", line))
            return
    network.edges.append(edge)


def _number(network: Network, text: str, code: str, line: int) -> float | None:
    try:
        return float(text)
    except ValueError:
        network.faults.append(Fault(FaultKind.BAD_VALUE, code, line))
        return None


def _degrees(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _sources(network: Network, transformers: set[tuple[str, str]]) -> list[str]:
    """One node of each part that no transformer feeds from above: the first as listed, joined ones counted once."""
    fed = {low for _high, low in transformers}
    near: dict[str, list[str]] = {}
    for edge in network.edges:
        if edge.kind != EdgeKind.TRANSFORMER and edge.closed:
            near.setdefault(edge.a, []).append(edge.b)
            near.setdefault(edge.b, []).append(edge.a)
    heads = {high for high, _low in transformers}
    found: list[str] = []
    reached: set[str] = set()
    for start in (code for code in network.nodes if code in heads):
        if start in reached:
            continue
        part, stack = {start}, [start]
        while stack:
            for far in near.get(stack.pop(), ()):
                if far not in part:
                    part.add(far)
                    stack.append(far)
        reached |= part
        if not part & fed:
            found.append(start)
    return found
