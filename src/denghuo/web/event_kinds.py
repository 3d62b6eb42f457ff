"""Events of the common front end."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

# Whoever takes rows away as a file is on record: which table, how many rows, which filters were set (names only).
TABLE_EXPORTED = register_kind(
    "table.exported",
    fields={"table": str, "format": str, "rows": int, "filters": list[str]},
    label=_("导出数据"),
)
