"""``{% load scenes %}``: the form, the list of questions and the answers of a scene template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from denghuo.apps.catalogue.scenes.forms import SceneForm, form_of
from denghuo.apps.catalogue.scenes.words import named
from denghuo.engine.scenes import Template

register = template.Library()


@register.inclusion_tag("catalogue/scenes/_form.html")
def scene_form(
    scene: Template | SceneForm, values: Mapping[str, Any] | None = None, channel: str = "", audience: str = "agent"
) -> dict[str, Any]:
    """The fields of a template, those of the request's own attributes left to the page's form.

    Give a template with values, or a :class:`SceneForm` that a view has made (with errors, known values, a suffix).
    """
    form = scene if isinstance(scene, SceneForm) else form_of(scene, values, audience=audience, channel=channel)
    return {"form": form}


@register.inclusion_tag("catalogue/scenes/_checklist.html")
def scene_checklist(form: SceneForm) -> dict[str, Any]:
    """The questions to ask, ticked as they are answered, with the script beside; for the agent."""
    return {"form": form, "template": form.template}


@register.filter
def scene_name(scene: Any) -> str:
    """What a template, field or choice is called in the reader's language."""
    return named(scene)
