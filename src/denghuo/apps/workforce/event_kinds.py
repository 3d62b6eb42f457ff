"""The parts' own event kinds, found by autodiscovery."""

from denghuo.apps.workforce.demand import event_kinds as _demand  # noqa: F401
from denghuo.apps.workforce.rosters import event_kinds as _rosters  # noqa: F401
from denghuo.apps.workforce.today import event_kinds as _today  # noqa: F401
