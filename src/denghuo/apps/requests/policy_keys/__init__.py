"""Policies of requests; each part of the app declares its own."""

from denghuo.apps.requests.applications import policy_keys as _applications  # noqa: F401
from denghuo.apps.requests.callbacks import policy_keys as _callbacks  # noqa: F401
from denghuo.apps.requests.handling import policy_keys as _handling  # noqa: F401
from denghuo.apps.requests.linking import policy_keys as _linking  # noqa: F401
from denghuo.apps.requests.panorama import policy_keys as _panorama  # noqa: F401
from denghuo.apps.requests.policy_keys import answers as _answers  # noqa: F401
from denghuo.apps.requests.policy_keys import classification as _classification  # noqa: F401
from denghuo.apps.requests.policy_keys import clocks as _clocks  # noqa: F401
from denghuo.apps.requests.policy_keys import general as _general  # noqa: F401
from denghuo.apps.requests.prediction import policy_keys as _prediction  # noqa: F401
