"""What of the requests app follows the event log, in its packages."""

from denghuo.apps.requests import automatic as _automatic  # noqa: F401
from denghuo.apps.requests import flow_notices as _notices  # noqa: F401
from denghuo.apps.requests import gaps as _gaps  # noqa: F401  (hands in what the knowledge base may learn from)
from denghuo.apps.requests import outage_linking as _outage_linking  # noqa: F401
from denghuo.apps.requests import outage_proactive as _outage_proactive  # noqa: F401
from denghuo.apps.requests.callbacks import subscribers as _callbacks  # noqa: F401
from denghuo.apps.requests.handling import subscribers as _handling  # noqa: F401
from denghuo.apps.requests.linking import subscribers as _linking  # noqa: F401
from denghuo.apps.requests.prediction import outages as _weather  # noqa: F401  (hands in the weather over outages)
from denghuo.apps.requests.prediction import subscribers as _prediction  # noqa: F401
