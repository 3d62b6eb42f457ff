"""Columns of what can be imported, and finding them under the many names that people give them."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a row says. ``constant``: one value may be given for the whole file instead."""

    name: str
    label: Text
    aliases: tuple[str, ...] = ()
    required: bool = False
    help: Text = ""
    sample: str = ""
    choices: tuple[tuple[str, Text], ...] = ()
    constant: bool = False


_NOISE = re.compile(r"[\s*＊:：()（）\[\]【】_\-./]+")


def plain(text: str) -> str:
    """A header without width, case, spaces and signs."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def guess(fields: Sequence[Field], heads: Sequence[str]) -> dict[str, int]:
    """Field → place of the column that seems to hold it: by name, label or alias; each column once."""
    places = {plain(head): place for place, head in reversed(list(enumerate(heads))) if head}
    found: dict[str, int] = {}
    for field in fields:
        for name in (str(field.label), field.name, *field.aliases):
            place = places.get(plain(name))
            if place is not None and place not in found.values():
                found[field.name] = place
                break
    return found


def code_of(choices: Iterable[tuple[str, Text]], text: str) -> str | None:
    """The code of a label or code; None when it is neither."""
    wanted = plain(text)
    for code, label in choices:
        if wanted in (plain(code), plain(str(label))):
            return code
    return None


_FORMS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y.%m.%d %H:%M", "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日%H时%M分", "%Y%m%d%H%M%S", "%Y-%m-%d", "%Y/%m/%d",
)  # fmt: skip


def moment_of(text: str) -> dt.datetime | None:
    """A time as people write it, in the product's zone unless it carries one. Raises ValueError with the remedy."""
    clean = unicodedata.normalize("NFKC", text).strip()
    if not clean:
        return None
    try:
        found = dt.datetime.fromisoformat(clean)
    except ValueError:
        for form in _FORMS:
            try:
                found = dt.datetime.strptime(clean, form)  # noqa: DTZ007  (the zone is added below)
                break
            except ValueError:
                continue
        else:
            raise ValueError(_("时间格式不对，请写成 2026-01-31 08:30")) from None
    return found if found.tzinfo is not None else timezone.make_aware(found)


def cells_of(
    fields: Sequence[Field], mapping: Mapping[str, int], constants: Mapping[str, Any], cells: Sequence[str]
) -> dict[str, str]:
    """A row by field name: the column's cell, else the file's constant, else nothing."""
    found: dict[str, str] = {}
    for field in fields:
        place = mapping.get(field.name)
        value = cells[place] if place is not None and place < len(cells) else ""
        found[field.name] = value or str(constants.get(field.name, ""))
    return found
