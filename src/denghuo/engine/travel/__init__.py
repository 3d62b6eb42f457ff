"""How long crews drive: learned from their own trips, with a range; a straight line where nothing has been learned, and
said to be one; a road router where an installation has one."""

from denghuo.engine.travel.learning import TooFewTrips, learn
from denghuo.engine.travel.model import TravelModel
from denghuo.engine.travel.routers import RoadRouter, RouterFailed, ValhallaRouter
from denghuo.engine.travel.types import Basis, Estimate, Place, Straight, Trip, band_of
from denghuo.engine.travel.zones import Zones

__all__ = [
    "Basis",
    "Estimate",
    "Place",
    "RoadRouter",
    "RouterFailed",
    "Straight",
    "TooFewTrips",
    "TravelModel",
    "Trip",
    "ValhallaRouter",
    "Zones",
    "band_of",
    "learn",
]
