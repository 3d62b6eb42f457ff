"""Tables of the exchange with other systems."""

from denghuo.apps.exchange.models.adapters import AdapterConnection, AdapterMessage, SourceLink
from denghuo.apps.exchange.models.transfers import ExportJob, ImportBatch, ImportFault
from denghuo.apps.exchange.models.webhooks import Delivery, Subscription

__all__ = [
    "AdapterConnection",
    "AdapterMessage",
    "Delivery",
    "ExportJob",
    "ImportBatch",
    "ImportFault",
    "SourceLink",
    "Subscription",
]
