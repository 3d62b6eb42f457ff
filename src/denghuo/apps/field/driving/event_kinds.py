"""Learning of driving times, as events."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

register_kind(
    "driving.fitted",
    fields={"journeys": int, "state": str, "was": int | None},
    label=_("学习行车时间"),
    hint=("journeys", "state"),
)
