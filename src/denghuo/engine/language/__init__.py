"""What is said, in numbers: words of the trade, how close two questions are, and how the speaker feels.

Pure functions over text; word lists are data files in ``data/``.
"""

from denghuo.engine.language.accounts import CrewAccount, CustomerAccount, Difference, compare_accounts
from denghuo.engine.language.sentiment import Reading, Trend, score, trend
from denghuo.engine.language.words import normalise, tokens

__all__ = [
    "CrewAccount",
    "CustomerAccount",
    "Difference",
    "Reading",
    "Trend",
    "compare_accounts",
    "normalise",
    "score",
    "tokens",
    "trend",
]
