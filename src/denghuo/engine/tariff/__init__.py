"""Prices of electricity: tiers, time of use, late fees, and what a customer's own figures say about saving.

Pure: numbers and dates in, numbers out. Every price and limit is handed in, as it differs by place and date.
"""

from denghuo.engine.tariff.advice import Advice, History, Limits, advise
from denghuo.engine.tariff.fees import FeeRule, late_fee
from denghuo.engine.tariff.many import price_many, split_many
from denghuo.engine.tariff.position import Position, position
from denghuo.engine.tariff.pricing import Part, Priced, Tariff, Tier, band_of, cents, price, split

__all__ = [
    "Advice",
    "FeeRule",
    "History",
    "Limits",
    "Part",
    "Position",
    "Priced",
    "Tariff",
    "Tier",
    "advise",
    "band_of",
    "cents",
    "late_fee",
    "position",
    "price",
    "price_many",
    "split",
    "split_many",
]
