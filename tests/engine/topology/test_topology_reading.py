"""Supply trees read from tables and CIM, and what is wrong with a source told by name."""

import pytest

from denghuo.engine.outage import DeviceKind
from denghuo.engine.topology import FaultKind, read_cim, read_devices, read_tables, tree_of

BUS = "bus,name,vn_kv,lon,lat\n0,HV,110,,\n1,MV,10,118.1,32.1\n2,MV2,10,,\n3,LV,0.4,,\n4,LV2,0.4,,\n5,LV3,0.4,,\n6,alone,0.4,,\n"
LINE = "line,name,from_bus,to_bus,in_service\n0,A,1,2,1\n1,fuse,3,4,1\n2,on,4,5,1\n3,back,1,2,1\n"
SWITCH = "switch,name,bus,element,et,closed,type\n0,,1,3,l,0,LBS\n"
TRAFO = "trafo,name,hv_bus,lv_bus\n0,main,0,1\n1,area,2,3\n"
LOAD = "load,bus\na,5\nb,6\nc,2\n"


def tables(**other):
    return {"bus": BUS, "line": LINE, "switch": SWITCH, "trafo": TRAFO, "load": LOAD} | other


def test_tables_give_the_tree_with_open_switches_open():
    tree = tree_of(read_tables(tables()))
    assert [(d.code, d.kind, d.parent) for d in tree.devices] == [
        ("T0", DeviceKind.SOURCE, -1),
        ("L0", DeviceKind.LINE, 0),
        ("T1", DeviceKind.TRANSFORMER, 1),
        ("L1", DeviceKind.LV_FEEDER, 2),
    ]
    assert tree.customers == [("a", 3), ("b", -1), ("c", 1)]
    assert {f.kind for f in tree.faults} == {FaultKind.ISLAND, FaultKind.CUSTOMER_DARK}


def test_a_closed_ring_is_named():
    tree = tree_of(read_tables(tables(switch=SWITCH.replace("l,0", "l,1"))))
    assert [f.code for f in tree.faults if f.kind == FaultKind.LOOP] == ["L3"]


def test_a_missing_column_is_fatal_and_named():
    tree = tree_of(read_tables(tables(trafo="trafo,lv_bus\n0,1\n")))
    assert tree.fatal
    assert ("trafo.hv_bus", FaultKind.MISSING_COLUMN) in [(f.code, f.kind) for f in tree.faults]


def test_an_unknown_node_is_told_with_its_line():
    tree = tree_of(read_tables(tables(line=LINE + "9,x,1,77,1\n")))
    assert ("L9:77", 6) in [(f.code, f.line) for f in tree.faults]


CIM = """<?xml version="1.0"?>
<rdf:RDF xmlns:cim="http://iec.ch/TC57/CIM100#" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
{body}
</rdf:RDF>"""


def item(kind, code, **values):
    inner = "".join(
        f'<cim:{k.replace("__", ".")} rdf:resource="#{v[1:]}"/>'
        if v.startswith("#")
        else f"<cim:{k.replace('__', '.')}>{v}</cim:{k.replace('__', '.')}>"
        for k, v in values.items()
    )
    return f'<cim:{kind} rdf:ID="{code}">{inner}</cim:{kind}>'


def document(open_="false"):
    ends = [("src", "n1"), ("brk", "n1"), ("brk", "n2"), ("line", "n2"), ("line", "n3"), ("load", "n3")]
    body = [item("ConnectivityNode", f"n{n}", IdentifiedObject__name=f"node{n}") for n in (1, 2, 3)]
    body += [
        item("Terminal", f"t{i}", Terminal__ConductingEquipment=f"#{e}", Terminal__ConnectivityNode=f"#{n}")
        for i, (e, n) in enumerate(ends)
    ]
    body += [
        item("BaseVoltage", "kv", BaseVoltage__nominalVoltage="10000"),
        item("EnergySource", "src", ConductingEquipment__BaseVoltage="#kv"),
        item(
            "Breaker", "brk", IdentifiedObject__name="CB1", Switch__open=open_, ConductingEquipment__BaseVoltage="#kv"
        ),
        item("ACLineSegment", "line", IdentifiedObject__name="L1", ConductingEquipment__BaseVoltage="#kv"),
        item("EnergyConsumer", "load", IdentifiedObject__name="home"),
    ]
    return CIM.format(body="".join(body)).encode()


def test_cim_gives_breaker_line_and_customer():
    tree = tree_of(read_cim(document()))
    assert [(d.code, d.kind, d.kv) for d in tree.devices] == [
        ("CB1", DeviceKind.FEEDER, 10.0),
        ("L1", DeviceKind.LINE, 10.0),
    ]
    assert tree.customers == [("home", 1)] and tree.faults == []


def test_behind_an_open_breaker_there_is_no_supply():
    tree = tree_of(read_cim(document("true")))
    assert tree.customers == [("home", -1)]
    assert {f.kind for f in tree.faults} == {FaultKind.ISLAND, FaultKind.CUSTOMER_DARK}


@pytest.mark.parametrize("data", [b"no xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', b"<a><b></a>"])
def test_what_is_not_plain_xml_is_one_fatal_fault(data):
    network = read_cim(data)
    assert [f.kind for f in network.faults] == [FaultKind.UNREADABLE] and network.nodes == {}


def test_a_table_of_devices_may_stand_in_any_order_and_names_its_faults():
    tree = read_devices(
        "code,kind,parent,name\nT1,台区,F1,东一台区\nF1,馈线,,东线\nX,分段开关,NOPE,\nA,line,B,\nB,line,A,\nF1,馈线,,again\n",
        "customer,device\n100,T1\n200,X\n",
    )
    assert [(d.code, d.kind, d.parent) for d in tree.devices] == [
        ("F1", DeviceKind.FEEDER, -1),
        ("T1", DeviceKind.TRANSFORMER, 0),
    ]
    assert tree.customers == [("100", 1), ("200", -1)]
    told = {(f.kind, f.code) for f in tree.faults}
    assert {
        (FaultKind.UNKNOWN_PARENT, "X"),
        (FaultKind.LOOP, "A"),
        (FaultKind.LOOP, "B"),
        (FaultKind.DUPLICATE, "F1"),
    } <= told
    assert (FaultKind.CUSTOMER_DARK, "200") in told
