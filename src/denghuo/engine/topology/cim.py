"""Networks as IEC 61970 CIM100 RDF/XML: terminals join equipment and connectivity nodes.

Read as a stream by expat: no document tree, no entities, no document type. Anything the supply tree does not need
(impedances, limits, measurements) is passed over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from denghuo.engine.topology.network import Customer, Edge, EdgeKind, Fault, FaultKind, Network, Node

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
KINDS = {
    "ACLineSegment": EdgeKind.LINE,
    "Breaker": EdgeKind.BREAKER,
    "Recloser": EdgeKind.BREAKER,
    "Fuse": EdgeKind.FUSE,
    "LoadBreakSwitch": EdgeKind.SWITCH,
    "Disconnector": EdgeKind.SWITCH,
    "Sectionaliser": EdgeKind.SWITCH,
    "Switch": EdgeKind.SWITCH,
    "Jumper": EdgeKind.SWITCH,
    "Cut": EdgeKind.SWITCH,
    "PowerTransformer": EdgeKind.TRANSFORMER,
}
OTHERS = frozenset(
    {
        "Terminal", "ConnectivityNode", "BaseVoltage", "EnergyConsumer", "EnergySource", "PowerTransformerEnd",
        "TransformerTankEnd", "CoordinateSystem", "Location", "PositionPoint",
    }
)  # fmt: skip
WGS84 = ("EPSG::4326", "EPSG:4326", "WGS84", "WGS 84")


class _Refused(ValueError):
    pass


@dataclass
class _Object:
    kind: str
    code: str
    values: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.values.get("IdentifiedObject.name", "")


def read_cim(data: bytes) -> Network:
    """The network of a CIM100 document. What is not well formed, or holds a document type, is one fatal fault.

    Switches count as they stand (``Switch.open``; without it ``normalOpen``). Volts become kilovolts. Positions are kept
    when the document says they are WGS-84 degrees, else left out: drawing coordinates are no places.
    """
    network = Network()
    try:
        objects = _objects(data)
    except (expat.ExpatError, _Refused) as error:
        network.faults.append(Fault(FaultKind.UNREADABLE, "", getattr(error, "lineno", 0)))
        return network
    by_kind: dict[str, list[_Object]] = {}
    for one in objects.values():
        by_kind.setdefault(one.kind, []).append(one)
    ends: dict[str, list[str]] = {}
    for terminal in by_kind.get("Terminal", []):
        node = terminal.values.get("Terminal.ConnectivityNode", "")
        ends.setdefault(terminal.values.get("Terminal.ConductingEquipment", ""), []).append(node)
    kv = _voltages(objects, by_kind, ends)
    places = _places(by_kind, ends, objects)
    for one in by_kind.get("ConnectivityNode", []):
        lon, lat = places.get(one.code, (None, None))
        network.nodes[one.code] = Node(one.code, one.name, kv.get(one.code, 0.0), lon, lat)
    for name, edge_kind in KINDS.items():
        for one in by_kind.get(name, []):
            _join(network, one, edge_kind, list(dict.fromkeys(filter(None, ends.get(one.code, [])))))
    for one in by_kind.get("EnergyConsumer", []):
        at = [node for node in ends.get(one.code, []) if node in network.nodes]
        if not at:
            network.faults.append(Fault(FaultKind.OPEN_END, one.name or one.code))
            continue
        network.customers.append(Customer(one.name or one.code, at[0]))
    for one in by_kind.get("EnergySource", []):
        network.sources += [node for node in ends.get(one.code, []) if node in network.nodes]
    return network


def _objects(data: bytes) -> dict[str, _Object]:
    """Objects of the kinds that matter, by identifier, in their order."""
    found: dict[str, _Object] = {}
    depth = 0
    current: _Object | None = None
    tag, text = "", ""

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, current, tag, text
        depth += 1
        local = name.rpartition(" ")[2]
        if depth == 2:
            code = attributes.get(f"{RDF} about") or attributes.get(f"{RDF} ID") or ""
            wanted = local in KINDS or local in OTHERS
            current = _Object(local, code.removeprefix("#")) if wanted else None
        elif depth == 3 and current is not None:
            tag, text = local, ""
            target = attributes.get(f"{RDF} resource")
            if target is not None:
                current.values[tag] = target.removeprefix("#")

    def end(_name: str) -> None:
        nonlocal depth, current
        if depth == 3 and current is not None and text.strip():
            current.values[tag] = text.strip()
        if depth == 2 and current is not None:
            if current.code in found:  # rdf:about may come more than once: the values join
                found[current.code].values.update(current.values)
            else:
                found[current.code] = current
            current = None
        depth -= 1

    def characters(piece: str) -> None:
        nonlocal text
        if depth == 3 and current is not None:
            text += piece

    def refuse(*_parts: object) -> None:
        raise _Refused("a document type is not allowed")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = characters, refuse
    parser.Parse(data, True)
    return found


def _base_kv(objects: dict[str, _Object], code: str) -> float:
    base = objects.get(code)
    try:
        return float(base.values.get("BaseVoltage.nominalVoltage", "0")) / 1000 if base else 0.0
    except ValueError:
        return 0.0


def _voltages(
    objects: dict[str, _Object], by_kind: dict[str, list[_Object]], ends: dict[str, list[str]]
) -> dict[str, float]:
    """Kilovolts of the nodes, from the equipment at them; a transformer's from its ends."""
    kv: dict[str, float] = {}
    for kind in ("PowerTransformerEnd", "TransformerTankEnd"):
        for one in by_kind.get(kind, []):
            terminal = objects.get(one.values.get("TransformerEnd.Terminal", ""))
            volts = _base_kv(objects, one.values.get("TransformerEnd.BaseVoltage", ""))
            if terminal is not None and volts:
                kv.setdefault(terminal.values.get("Terminal.ConnectivityNode", ""), volts)
    for code, nodes in ends.items():
        equipment = objects.get(code)
        if equipment is None or equipment.kind == "PowerTransformer":
            continue
        volts = _base_kv(objects, equipment.values.get("ConductingEquipment.BaseVoltage", ""))
        for node in nodes:
            if volts:
                kv.setdefault(node, volts)
    return kv


def _places(
    by_kind: dict[str, list[_Object]], ends: dict[str, list[str]], objects: dict[str, _Object]
) -> dict[str, tuple[float, float]]:
    """Degrees of the nodes, when the document uses WGS-84: those of the last point of the equipment there."""
    urns = [one.values.get("CoordinateSystem.crsUrn", "") for one in by_kind.get("CoordinateSystem", [])]
    if not any(mark in urn for urn in urns for mark in WGS84):
        return {}
    points: dict[str, tuple[float, float]] = {}
    for one in by_kind.get("PositionPoint", []):
        try:
            at = float(one.values["PositionPoint.xPosition"]), float(one.values["PositionPoint.yPosition"])
        except (KeyError, ValueError):
            continue
        points[one.values.get("PositionPoint.Location", "")] = at
    found: dict[str, tuple[float, float]] = {}
    for code, nodes in ends.items():
        equipment = objects.get(code)
        place = points.get(equipment.values.get("PowerSystemResource.Location", "")) if equipment else None
        if place is not None and nodes:
            found.setdefault(nodes[-1], place)
    return found


def _join(network: Network, one: _Object, kind: EdgeKind, sides: list[str]) -> None:
    code = one.name or one.code
    unknown = [node for node in sides if node not in network.nodes]
    if unknown:
        network.faults.append(Fault(FaultKind.UNKNOWN_NODE, code))
    elif len(sides) < 2:
        network.faults.append(Fault(FaultKind.OPEN_END, code))
    else:
        open_ = one.values.get("Switch.open", one.values.get("Switch.normalOpen", "false")).lower() == "true"
        # A transformer of three windings feeds its other two sides from the first.
        for index, far in enumerate(sides[1:]):
            name = code if index == 0 else f"{code}/{index + 1}"
            network.edges.append(Edge(name, kind, sides[0], far, one.name, closed=not open_))
