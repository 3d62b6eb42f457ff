"""The parts of a document as rows of a list, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.accounts.roles import role_name
from denghuo.apps.catalogue.flows import documents
from denghuo.apps.catalogue.flows.host import Words, host
from denghuo.core.errors import ActionError
from denghuo.engine.flow.model import EVERY


def lists(document: Mapping[str, Any]) -> dict[str, Any]:
    """The rows of the three lists, in words. What cannot be read as rows leaves them empty."""
    words = host().words()
    try:
        found = documents.editable(document)
    except ActionError:
        return {"states": [], "steps": [], "fields": [], "broken": True}
    names = {row.get("code"): str(row.get("label") or row.get("code")) for row in found.get("states", [])}
    return {
        "states": [
            {**row, "phase_label": words.phases.get(row.get("phase", ""), "?")} for row in found.get("states", [])
        ],
        "steps": [_told(row, names, words) for row in found.get("steps", [])],
        "fields": found.get("fields", []),
        "initial": names.get(found.get("initial")),
    }


def _told(row: Mapping[str, Any], names: Mapping[Any, str], words: Words) -> dict[str, Any]:
    """A step in one line, and a second of what it asks for and sets off."""
    clocks = {**words.clocks, EVERY: _("全部时限")}
    parts = []
    if row.get("roles"):
        parts.append(_("、").join(role_name(code) for code in row["roles"]))
    if row.get("required"):
        parts.append(_("必填 %(count)s 项") % {"count": len(row["required"])})
    for name, said in (("stop", _("停止 %(clocks)s")), ("start", _("开始 %(clocks)s"))):
        if row.get(name):
            parts.append(said % {"clocks": _("、").join(str(clocks.get(code, code)) for code in row[name])})
    if row.get("automatic"):
        parts.append(_("自动执行"))
    if row.get("notify"):
        parts.append(_("通知 %(count)s 处") % {"count": len(row["notify"])})
    return {
        "label": row.get("label") or words.verbs.get(row.get("verb", ""), row.get("verb", "")),
        "sources": _("、").join(names.get(code, code) for code in row.get("from", [])),
        "to": names.get(row.get("to"), row.get("to") or ""),
        "own": row.get("verb") not in words.verbs,
        "more": " · ".join(parts),
    }
