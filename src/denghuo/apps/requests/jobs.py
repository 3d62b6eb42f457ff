"""Background work of the requests app, in its packages."""

from denghuo.apps.requests import flow_jobs as _flows  # noqa: F401
from denghuo.apps.requests.callbacks import jobs as _callbacks  # noqa: F401
from denghuo.apps.requests.linking import jobs as _linking  # noqa: F401
from denghuo.apps.requests.prediction import jobs as _prediction  # noqa: F401
