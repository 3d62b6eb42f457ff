"""The catalogue of work points in force for a team, as it is applied."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from denghuo.apps.accounts.models import Skill
from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.teams import words
from denghuo.apps.teams.access import VIEW
from denghuo.apps.teams.choices import AUTOMATIC_MARKS
from denghuo.apps.teams.pages.board import signed
from denghuo.apps.teams.pages.common import scope_of
from denghuo.core import policies


@require_GET
@staff_page(VIEW)
def catalogue(request: HttpRequest) -> HttpResponse:
    """Points by type, additions by condition, marks by event; values are policies of the unit."""
    scope = scope_of(request)
    team = scope.team
    points, of = policies.get("teams.type_points", team), policies.get("teams.type_speciality", team)
    specialities = words.names("teams.specialities", team)
    needs, safety = policies.get("teams.type_skills", team), policies.get("teams.safety_types", team)
    minutes, labels = (
        policies.get("teams.minutes_per_point", team),
        {one.code: one.label for one in Skill.objects.all()},
    )
    order = [code for code in words.ICONS if code in specialities]
    types = [
        {
            "name": name, "code": code, "speciality": words.speciality_look(of.get(code, "common"), team),
            "points": points.get(code, 0), "minutes": round(points.get(code, 0) * minutes),
            "skills": _("、").join(labels.get(one, one) for one in needs.get(code, ())), "safety": code in safety,
        }
        for code, name in words.names("teams.type_names", team).items()
    ]  # fmt: skip
    types.sort(key=lambda one: order.index(one["speciality"]["code"]) if one["speciality"]["code"] in order else 99)
    additions = policies.get("teams.condition_additions", team)
    marks = policies.get("teams.mark_points", team)
    context = scope.context("catalogue") | {
        "types": types,
        "conditions": [
            {"name": name, "addition": f"{additions.get(code, 0) * 100:+.0f}%"}
            for code, name in words.names("teams.condition_names", team).items()
        ],
        "distance": {
            "free": policies.get("teams.distance_free_km", team), "points": policies.get("teams.distance_points_km", team)
        },
        "helper": f"{policies.get('teams.helper_addition', team) * 100:+.0f}%",
        "marks": [{"label": one.label, "points": signed(marks.get(str(one), 0)), "bad": marks.get(str(one), 0) < 0} for one in AUTOMATIC_MARKS],
        "cap": policies.get("teams.manual_mark_cap", team),
    }  # fmt: skip
    return render(request, "teams/catalogue.html", context)
