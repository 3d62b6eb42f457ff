"""Every limit, weight, threshold, price and target of the trade: a dated value with a scope, never a constant."""

from denghuo.core.policies.keys import KEYS, PolicyKey, PolicyMissing, define
from denghuo.core.policies.lookup import Found, clear_cache, find, get, get_for

__all__ = ["KEYS", "Found", "PolicyKey", "PolicyMissing", "clear_cache", "define", "find", "get", "get_for"]
