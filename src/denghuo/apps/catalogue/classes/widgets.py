"""Choosing a class: a select that becomes a searchable tree where scripts run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from denghuo.apps.catalogue import classes
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.classes import Node, Tree
from denghuo.engine.classes.tree import label_of


class ClassPicker(forms.Select):
    """The classes of tree ``code`` in force for ``org``.

    ``leaf`` offers only what has nothing below it. A value that is not in force any more stays selectable under its own
    name, so that a form never changes what nobody touched; ``edition`` is where its name is read.
    """

    def __init__(
        self,
        code: str,
        org: OrgUnit | None = None,
        *,
        leaf: bool = False,
        edition: int | None = None,
        attrs: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(attrs)
        self.code, self.org, self.leaf, self.edition = code, org, leaf, edition

    def render(self, name: str, value: Any, attrs: Mapping[str, Any] | None = None, renderer: Any = None) -> SafeString:
        found = classes.in_force(self.code, self.org)
        row, tree = found if found else (None, None)
        chosen = str(value or "")
        given = {**self.attrs, **(attrs or {}), "name": name}
        if "form-select" not in str(given.get("class", "")):
            given["class"] = f"{given.get('class', '')} form-select".strip()
        context = {
            "attrs": {key: text for key, text in given.items() if text not in (None, False)},
            "value": chosen,
            "groups": _groups(tree, self.leaf) if tree else [],
            "stray": self._stray(tree, chosen),
            "code": self.code,
            "leaf": self.leaf,
            "index": reverse("catalogue:class-index", args=[row.id]) if row else "",
            "required": self.is_required,
        }
        return render_to_string("catalogue/classes/_picker.html", context)

    def _stray(self, tree: Tree | None, chosen: str) -> str:
        """The name of a value that cannot be chosen any more; "" when it can."""
        if not chosen or (tree is not None and tree.in_force(chosen)):
            return ""
        known = classes.path_name(self.edition, chosen) or (
            tree.name(chosen, english=classes.english()) if tree is not None else ""
        )
        return _("%(name)s（已停用）") % {"name": known or chosen}


def _groups(tree: Tree, leaf: bool) -> list[tuple[str, list[tuple[str, str]]]]:
    """First levels with what may be chosen below them, deeper ones indented: what a plain select can show."""
    english = classes.english()
    groups = []
    for root in tree.roots:
        if root.retired:
            continue
        nodes = [node for node in tree.under(root.path) if tree.in_force(node.path)]
        rows = [(node.path, _indented(node, english)) for node in nodes if not leaf or tree.is_leaf(node.path)]
        groups.append((label_of(root, english), rows))
    return groups


def _indented(node: Node, english: bool) -> str:
    return "\u3000" * (node.level - 1) + label_of(node, english)


class ClassField(forms.CharField):
    """A form field for a class. What may be chosen is for the action to say, which also knows why not."""

    def __init__(self, *, code: str, org: OrgUnit | None = None, leaf: bool = False, **options: Any) -> None:
        options.setdefault("max_length", 80)
        super().__init__(widget=ClassPicker(code, org, leaf=leaf), **options)
