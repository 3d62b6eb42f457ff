"""How the grades of complaints look."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.web.states import Look, register_states

register_states(
    "grade",
    {
        "special": Look(_("特殊投诉"), "flame", "danger"),
        "major": Look(_("重大投诉"), "alert-triangle", "danger"),
        "important": Look(_("重要投诉"), "alert-circle", "warn"),
        "general": Look(pgettext_lazy("投诉等级", "一般投诉"), "circle-dot", "neutral"),
    },
)
