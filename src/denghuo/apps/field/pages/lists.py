"""The list of crews."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.field import actions, queries
from denghuo.apps.field.pages.writing import done, once, refused
from denghuo.apps.field.suggestions import skill_names
from denghuo.core.errors import Conflict, InvalidInput
from denghuo.core.http import actor_of
from denghuo.web import tables as t


class CrewTable(t.Table):
    """Crews with what they can do and what they are on."""

    code = t.Column(gettext_lazy("编号"), sort="code", css="dh-mono")
    name = t.Column(gettext_lazy("班组"), sort="name")
    county = t.Column(
        gettext_lazy("所属单位"), value=lambda row, ctx: row.org.parent.label if row.org.parent else row.org.label
    )
    state = t.StateColumn(
        gettext_lazy("状态"), kind="crew", value=lambda row, ctx: row.doing or ("free" if row.on_duty else "off")
    )
    in_hand = t.Column(gettext_lazy("在手工单"), align="end", sort="in_hand")
    skills = t.Column(gettext_lazy("技能"), value=lambda row, ctx: skill_names(row.skills))
    vehicle = t.Column(gettext_lazy("车辆"), css="dh-num")
    positioned_at = t.TimeColumn(gettext_lazy("位置更新"), sort="positioned_at")
    duty = t.Column(
        gettext_lazy("值班"), template="field/_duty_cell.html", value=lambda row, ctx: row.on_duty, export=False
    )

    class Meta:
        name = "crews"
        default_sort = "code"
        page_size = 50
        filters = (
            t.SearchFilter("q", gettext_lazy("搜索班组或编号"), fields=("name", "code")),
            t.BoolFilter("on_duty", gettext_lazy("只看当班"), apply=lambda qs, _value: qs.filter(on_duty=True)),
        )
        export = True
        empty = (gettext_lazy("没有班组"), gettext_lazy("您管辖的单位下没有抢修班组"))


@staff_page("field.view")
def crews(request: HttpRequest) -> HttpResponseBase:
    """Crews the reader may see."""
    actor = actor_of(request)
    table = CrewTable(request, queries.crews_seen(actor), actor=actor)
    return t.table_response(
        request, table, "field/crews.html", {"live_topics": [f"floor:{p}" for p in actor.paths_for("field.view")]}
    )


@staff_page("crew.manage")
@require_POST
def duty(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a crew on or off duty; goes back to where the form was."""
    actor = actor_of(request)
    url = reverse("field:crew") if request.POST.get("from") == "crew" else reverse("field:crews")
    on_duty = request.POST.get("on_duty") == "1"
    try:
        answer: dict[str, Any] = once(
            request, actor, "crew.set_duty", lambda: {"crew": actions.set_duty(actor, pk, on_duty=on_duty).name}
        )
    except (Conflict, InvalidInput) as error:
        return refused(request, error, url)
    return done(request, (_("“%(crew)s”已开始值班") if on_duty else _("“%(crew)s”已停止值班")) % answer, url)
