"""Event kinds of the core parts; each part declares its own beside its code."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.clocks import event_kinds as _clocks
from denghuo.core.events.kinds import register_kind
from denghuo.core.files import event_kinds as _files
from denghuo.core.privacy import event_kinds as _privacy

__all__ = ["_clocks", "_files", "_privacy"]

register_kind("policy.changed", fields={"key": str, "policy_value_id": int}, label=_("调整策略"), hint=("key",))
