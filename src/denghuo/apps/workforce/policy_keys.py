"""The parts' own policy keys, found by autodiscovery."""

from denghuo.apps.workforce.demand import policy_keys as _demand  # noqa: F401
from denghuo.apps.workforce.rosters import policy_keys as _rosters  # noqa: F401
from denghuo.apps.workforce.today import policy_keys as _today  # noqa: F401
