"""Scene templates (一场景一模板) in use: which one serves a request, its columns, its checks.

Apps above say with :func:`provide` which business types, channels and attributes of a request there are; this app cannot
know them.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.functional import Promise

from denghuo.apps.catalogue.editions import Problem, Row, register
from denghuo.apps.catalogue.models import SceneTemplate
from denghuo.core import moment
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine import scenes as engine
from denghuo.engine.scenes import Column, Now, Template, TemplateError

KIND: Final = "template"
FOLDER: Final = Path(__file__).parents[1] / "shipped" / "templates"
Text = str | Promise
#: a unit with the templates that may serve it: edition, template
Offer = tuple[Row, Template]

_types: dict[str, Text] = {}
_channels: dict[str, Text] = {}
_attributes: dict[str, tuple[str, Mapping[str, Text]]] = {}


def provide(
    *,
    types: Mapping[str, Text],
    channels: Mapping[str, Text],
    attributes: Mapping[str, tuple[str, Mapping[str, Text]]],
) -> None:
    """What templates may speak of: business types, channels, and the attributes of a request a field may map to, each
    with its kind and, when it is chosen, its codes."""
    _types.update(types)
    _channels.update(channels)
    _attributes.update(attributes)


def types() -> Mapping[str, Text]:
    """The business types templates may serve, in the order people meet them."""
    return _types


def channels() -> Mapping[str, Text]:
    """The channels templates may name."""
    return _channels


def attributes() -> Mapping[str, tuple[str, Mapping[str, Text]]]:
    """Attributes of a request that fields may map to."""
    return _attributes


def check(document: Mapping[str, Any], org: OrgUnit | None) -> list[Problem]:
    """Every fault of a template document, in the reader's language."""
    from denghuo.apps.catalogue.scenes.checking import problems

    return problems(document)


def _parse(document: Mapping[str, Any]) -> Template:
    return engine.read(document)


SCENES = register(SceneTemplate, _parse, check, FOLDER)

_lock = threading.Lock()
_index: tuple[list[Row], dict[tuple[int, str], list[Offer]]] | None = None


def offers(request_type: str, org: OrgUnit | None) -> list[Offer]:
    """Every edition, of whatever date, that may serve requests of a type in ``org``; the nearest unit's first.

    Kept per process as long as the editions are unchanged: choosing one costs an intake nothing but the choice.
    """
    global _index
    rows = SCENES.rows()
    known = _index
    if known is None or known[0] is not rows:
        with _lock:
            known = _index = (rows, {})
    key = (org.pk if org else 0, request_type)
    if key not in known[1]:
        lineage = [None, *(org.ancestor_ids() if org else [])]
        found = [(row, SCENES.get(row.id)) for row in rows if row.org_id in lineage]
        found.sort(key=lambda one: -lineage.index(one[0].org_id))
        known[1][key] = [one for one in found if request_type in one[1].types]
    return known[1][key]


def in_force(request_type: str, org: OrgUnit | None = None, at: dt.datetime | None = None) -> list[Offer]:
    """The templates that serve a type in ``org`` at ``at``: one edition a code, that of the nearest unit, newest first."""
    when = at or moment.now()
    chosen: dict[str, Offer] = {}
    for row, template in offers(request_type, org):
        if row.holds(when):
            chosen.setdefault(row.code, (row, template))
    return list(chosen.values())


def scene_for(
    request_type: str,
    class_code: str = "",
    facts: Mapping[str, Any] | None = None,
    *,
    channel: str = "",
    org: OrgUnit | None = None,
    at: dt.datetime | None = None,
) -> Offer | None:
    """The template that fits best: the deepest class named, then a match of the facts, then the type's general one.

    ``facts`` are what is known of the request (phenomenon, scope). Of equals the first by code. None when there is none.
    """
    best: Offer | None = None
    best_fit = 0
    for row, template in in_force(request_type, org, at):
        fit = template.fit(request_type, class_code, facts or {}, channel)
        if fit > best_fit or (fit and fit == best_fit and best is not None and row.code < best[0].code):
            best, best_fit = (row, template), fit
    return best


def scene(code: str, org: OrgUnit | None = None, at: dt.datetime | None = None) -> Offer | None:
    """The edition in force of one scene."""
    row = SCENES.in_force(code, org, at)
    return None if row is None else (row, SCENES.get(row.id))


def columns_for(code: str, org: OrgUnit | None = None) -> tuple[Column, ...]:
    """The columns of an import of requests of this scene, in order; () when there is no such scene."""
    found = scene(code, org)
    return engine.columns(found[1]) if found else ()


def present() -> Now:
    """The present, for checks of times."""
    return Now(moment.now(), ZoneInfo(settings.TIME_ZONE))


__all__ = [
    "KIND", "SCENES", "Column", "Offer", "Template", "TemplateError", "attributes", "channels", "check", "columns_for",
    "in_force", "offers", "present", "provide", "scene", "scene_for", "types",
]  # fmt: skip
