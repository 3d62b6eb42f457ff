"""What happens to requests; each part of the app declares its own."""

from denghuo.apps.requests.applications import event_kinds as _applications  # noqa: F401
from denghuo.apps.requests.callbacks import event_kinds as _callbacks  # noqa: F401
from denghuo.apps.requests.event_kinds import answers as _answers  # noqa: F401
from denghuo.apps.requests.event_kinds import general as _general  # noqa: F401
from denghuo.apps.requests.handling import event_kinds as _handling  # noqa: F401
from denghuo.apps.requests.linking import event_kinds as _linking  # noqa: F401
from denghuo.apps.requests.panorama import event_kinds as _panorama  # noqa: F401
from denghuo.apps.requests.prediction import event_kinds as _prediction  # noqa: F401
