"""All tables of the core app, each defined beside the code that owns it."""

from denghuo.core.actions.models import IdempotencyKey
from denghuo.core.policies.models import PolicyValue
from denghuo.core.scoping.models import OrgUnit

__all__ = ["IdempotencyKey", "OrgUnit", "PolicyValue"]
