"""The parts' own subscribers, found by autodiscovery."""

from denghuo.apps.workforce.demand import subscribers as _demand  # noqa: F401
from denghuo.apps.workforce.rosters import subscribers as _rosters  # noqa: F401
from denghuo.apps.workforce.today import subscribers as _today  # noqa: F401
