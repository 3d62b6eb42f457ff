"""How likely two requests are about one and the same matter, and why.

:func:`score` compares two :class:`Facts` part by part (caller, phone, address, supply, distance, time, matter, scope, words)
and weighs them with a logistic :class:`Weights`. Everything here is pure: no data base, no clock.
"""

from denghuo.engine.duplicates.addresses import Address, address_similarity, parse_address
from denghuo.engine.duplicates.scoring import PARTS, Facts, Part, Score, Weights, score
from denghuo.engine.duplicates.words import text_similarity

__all__ = [
    "PARTS",
    "Address",
    "Facts",
    "Part",
    "Score",
    "Weights",
    "address_similarity",
    "parse_address",
    "score",
    "text_similarity",
]
