"""The parts' own jobs, found by autodiscovery."""

from denghuo.apps.workforce.demand import jobs as _demand  # noqa: F401
from denghuo.apps.workforce.rosters import jobs as _rosters  # noqa: F401
from denghuo.apps.workforce.today import jobs as _today  # noqa: F401
