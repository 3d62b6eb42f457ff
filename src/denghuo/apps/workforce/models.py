"""Every table of the workforce app, part by part."""

from denghuo.apps.workforce.demand.models import *  # noqa: F403
from denghuo.apps.workforce.rosters.models import *  # noqa: F403
from denghuo.apps.workforce.rosters.solution_models import *  # noqa: F403
from denghuo.apps.workforce.today.models import *  # noqa: F403
