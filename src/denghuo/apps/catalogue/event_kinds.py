"""What happens to editions."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

_FIELDS = {"edition": str, "code": str, "number": int}
register_kind("catalogue.drafted", fields=_FIELDS, label=_("编辑草稿"), hint=("edition", "code"))
register_kind(
    "catalogue.released",
    fields={**_FIELDS, "valid_from": dt.datetime, "replaces": int | None},
    label=_("发布版本"),
    hint=("edition", "code"),
)
register_kind(
    "catalogue.withdrawn",
    fields={**_FIELDS, "valid_to": dt.datetime},
    label=_("撤回版本"),
    hint=("edition", "code"),
)
register_kind("catalogue.discarded", fields=_FIELDS, label=_("删除草稿"), hint=("edition", "code"))
register_kind(
    "flow.dry_run_started", fields={**_FIELDS, "run_id": int}, label=_("开始试运行"), hint=("edition", "code")
)
register_kind(
    "flow.dry_run_done",
    fields={**_FIELDS, "run_id": int, "total": int, "clean": int},
    label=_("试运行完成"),
    hint=("edition", "code", "run_id"),
)
