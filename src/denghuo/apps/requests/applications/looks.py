"""How an application looks."""

from django.utils.translation import gettext_lazy as _

from denghuo.web.states import Look, register_states

register_states(
    "application", {"doing": Look(_("办理中"), "progress", "progress"), "done": Look(_("已办结"), "checks", "ok")}
)
