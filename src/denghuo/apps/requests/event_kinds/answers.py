"""What happens to the answers of a request. Codes of fields only, never what was told."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

register_kind(
    "request.answers_completed",
    fields={
        "template": str, "completeness": int, "was": int | None, "filled": list[str], "missing": list[str],
    },
    label=_("补充信息"),
    hint=("completeness",),
)  # fmt: skip
