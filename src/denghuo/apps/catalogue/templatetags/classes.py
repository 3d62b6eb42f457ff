"""Template tags for class trees."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from denghuo.apps.catalogue import classes
from denghuo.apps.catalogue.classes.widgets import ClassPicker
from denghuo.core.scoping.models import OrgUnit

register = template.Library()


@register.simple_tag
def class_picker(
    name: str,
    tree: str,
    value: str = "",
    org: OrgUnit | None = None,
    leaf: bool = False,
    id: str = "",
    required: bool = False,
    edition: int | None = None,
) -> SafeString:
    """``{% class_picker "class_code" "fault_class" request.class_code org=request.org %}``: a form control to choose a
    class of a tree, searchable by words and pinyin, and a plain select without scripts. Label it with ``for=id``
    (default: ``id_<name>``)."""
    widget = ClassPicker(tree, org, leaf=leaf, edition=edition)
    widget.is_required = required
    attrs: dict[str, Any] = {"id": id or f"id_{name}"}
    if required:
        attrs["required"] = True
    return widget.render(name, value, attrs)


@register.simple_tag
def class_name(edition: int | None, path: str) -> str:
    """The labels of a class from the first level down, by its edition: ``{% class_name r.class_tree_id r.class_code %}``."""
    return classes.path_name(edition, path)
