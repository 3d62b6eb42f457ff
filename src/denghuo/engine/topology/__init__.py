"""Networks read from CIM100 RDF/XML or flat tables, and the supply tree of devices and customers that follows from them."""

from denghuo.engine.topology.cim import read_cim
from denghuo.engine.topology.devices import read_devices
from denghuo.engine.topology.network import Customer, Edge, EdgeKind, Fault, FaultKind, Network, Node
from denghuo.engine.topology.tables import read_tables
from denghuo.engine.topology.terminals import read_terminals
from denghuo.engine.topology.tree import Device, Tree, tree_of

__all__ = [
    "Customer",
    "Device",
    "Edge",
    "EdgeKind",
    "Fault",
    "FaultKind",
    "Network",
    "Node",
    "Tree",
    "read_cim",
    "read_devices",
    "read_tables",
    "read_terminals",
    "tree_of",
]
