"""Menu entries of the service floor."""

from django.utils.translation import gettext_lazy as _

from denghuo.web import nav

SEATS = ("/staff/floor/seats/", "/staff/floor/agents/", "/staff/floor/contacts/")
LIMITS = ("/staff/floor/thresholds/",)
BOOKS = tuple(f"/staff/floor/{book}/" for book in ("duty", "meetings", "reports", "notes"))

nav.register(_("现场监控"), "floor:board", "floor.view", icon="headset", group="watch", order=5, also=SEATS)
nav.register(
    _("现场异常"), "floor:exceptions", "floor.view", icon="alert-triangle", group="watch", order=15, also=LIMITS
)
nav.register(
    _("值班记录"), "floor:handovers", ("records.view", "records.write"), icon="clipboard-list", group="watch", order=40,
    also=BOOKS,
)  # fmt: skip
