"""The supply tree, its outages, and what is filed ahead."""

from denghuo.apps.grid.models.filings import FilingSuspension, ServiceFiling
from denghuo.apps.grid.models.followup import (
    OutageEstimate,
    RemainingOutage,
    RestorationModel,
    SupplyAccount,
    TopologyImport,
)
from denghuo.apps.grid.models.inference import InferredOutage, OutageObservation, SupplyDevice
from denghuo.apps.grid.models.loads import TransformerLoad
from denghuo.apps.grid.models.outages import Outage, OutageAccount, OutageDelay, OutageNotice
from denghuo.apps.grid.models.supply import Feeder, FeederSection, Substation, Transformer

__all__ = [
    "Feeder",
    "FeederSection",
    "FilingSuspension",
    "InferredOutage",
    "Outage",
    "OutageAccount",
    "OutageDelay",
    "OutageEstimate",
    "OutageNotice",
    "OutageObservation",
    "RemainingOutage",
    "RestorationModel",
    "ServiceFiling",
    "Substation",
    "SupplyAccount",
    "SupplyDevice",
    "TopologyImport",
    "Transformer",
    "TransformerLoad",
]
