"""A scene template read from its document (一场景一模板).

One document says what is asked in a scene, how it is checked, what the work needs and what is said. Screen, API, import
and bot all read it. Which template serves a request is a question of :meth:`Template.fit`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from denghuo.engine.scenes.conditions import Condition, evaluate

KINDS: Final = (
    "text", "number", "choice", "multi", "bool", "date", "datetime", "phone", "account", "address", "place", "photo",
    "meter_reading",
)  # fmt: skip
CHOOSING: Final = ("choice", "multi")
MEASURING: Final = ("number", "meter_reading")
TEXTUAL: Final = ("text", "address")
AUDIENCES: Final = ("both", "customer", "agent")
SENSITIVITIES: Final = ("name", "phone", "address", "account_number", "id_number", "note", "external_id", "secret")
MOMENTS: Final = ("", "past", "future")
CREWS: Final = ("none", "low_voltage", "high_voltage", "metering", "charging", "inspection", "business", "service")
LONGEST_TEXT: Final = 2000
MOST_FIELDS: Final = 80
BY_TYPE: Final = 1
BY_MATCH: Final = 10
BY_CLASS: Final = 20  # and one more for each level
CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


class TemplateError(ValueError):
    """A document that cannot be read: ``where`` names the place, ``code`` and ``params`` say what is wrong."""

    def __init__(self, where: str, code: str, **params: Any) -> None:
        super().__init__(f"{where}: {code} {params or ''}".strip())
        self.where, self.code, self.params = where, code, params


@dataclass(frozen=True, slots=True)
class Choice:
    """One value to choose."""

    code: str
    label: str
    label_en: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One item of information. ``required`` counts towards completeness; ``barring`` ones bar the submission too.

    ``when`` says when the field applies at all, ``required_when`` when it is required. ``maps_to`` names the attribute of
    the request that holds it; without one it is kept among the answers. ``sensitive`` is the class it is masked by.
    """

    code: str
    label: str
    kind: str
    label_en: str = ""
    choices: tuple[Choice, ...] = ()
    required: bool = False
    required_when: Condition | None = None
    barring: bool = False
    when: Condition | None = None
    audience: str = "both"
    channels: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    decimals: int = 2
    shortest: int = 0
    longest: int = 200
    pattern: str = ""
    moment: str = ""
    lines: bool = False
    unit: str = ""
    help: str = ""
    help_en: str = ""
    question: str = ""
    question_en: str = ""
    maps_to: str = ""
    sensitive: str = ""

    def shown_to(self, audience: str, channel: str = "") -> bool:
        """Whether somebody of ``audience`` (customer, agent; "" everybody) is asked it on ``channel`` ("" any)."""
        if audience and self.audience not in ("both", audience):
            return False
        return not (channel and self.channels) or channel in self.channels

    def applies(self, values: Mapping[str, Any]) -> bool:
        """Whether the field has a meaning with these clean values."""
        return self.when is None or evaluate(self.when, values)

    def demanded(self, enforce: str) -> bool:
        """Whether a submission may be refused for want of it: "required" every required item, "own" those kept among the
        answers and those that bar, "barring" only the latter, "none" none."""
        return enforce == "required" or (
            enforce != "none" and (self.barring or (enforce == "own" and not self.maps_to))
        )

    def must(self, values: Mapping[str, Any]) -> bool:
        """Whether it is required with these clean values."""
        if not self.required and self.required_when is None:
            return False
        return self.applies(values) and (self.required or evaluate(self.required_when, values))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Question:
    """Words to say and the fields they fill; none: something to tell or to heed first."""

    ask: str
    fields: tuple[str, ...] = ()
    when: Condition | None = None
    tip: str = ""
    ask_en: str = ""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """What the work needs: skill codes, the kind of crew, tools, a note for whoever sends them."""

    skills: tuple[str, ...] = ()
    crew: str = "none"
    tools: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """What is said at the beginning, while asking and at the end."""

    opening: str = ""
    asking: str = ""
    closing: str = ""


@dataclass(frozen=True)
class Template:
    """One version of a scene template."""

    code: str
    label: str
    types: tuple[str, ...]
    fields: tuple[Field, ...]
    label_en: str = ""
    classes: tuple[str, ...] = ()
    match: Condition | None = None
    channels: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    dispatch: Dispatch = Dispatch()
    script: Script = Script()
    examples: tuple[Mapping[str, Any], ...] = ()
    summary: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @cached_property
    def by_code(self) -> dict[str, Field]:
        return {one.code: one for one in self.fields}

    @cached_property
    def by_attribute(self) -> dict[str, Field]:
        """The fields kept in attributes of the request, by attribute."""
        return {one.maps_to: one for one in self.fields if one.maps_to}

    @cached_property
    def demanding(self) -> tuple[Field, ...]:
        """The fields that are or may be required."""
        return tuple(one for one in self.fields if one.required or one.required_when is not None)

    @cached_property
    def own(self) -> tuple[Field, ...]:
        """The fields kept among the answers."""
        return tuple(one for one in self.fields if not one.maps_to)

    @cached_property
    def asking(self) -> tuple[Question, ...]:
        """Everything to ask, in order: first what is only said, then each question where its first field stands."""
        grouped = {code: question for question in self.questions for code in question.fields}
        listed = [question for question in self.questions if not question.fields]
        for one in self.fields:
            group = grouped.get(one.code)
            if group is not None:
                if group not in listed:
                    listed.append(group)
            elif one.question:
                listed.append(Question(one.question, (one.code,), None, "", one.question_en))
        return tuple(listed)

    def fit(self, request_type: str, class_code: str, facts: Mapping[str, Any], channel: str = "") -> int:
        """How closely the template fits: 0 not at all, 1 by type alone, more by ``match``, most by the deepest class."""
        if request_type not in self.types or (self.channels and channel and channel not in self.channels):
            return 0
        depth = max((BY_CLASS + one.count(".") for one in self.classes if _within(class_code, one)), default=0)
        if depth:
            return depth
        if self.match is not None:
            return BY_MATCH if evaluate(self.match, facts) else 0
        return 0 if self.classes else BY_TYPE


def _within(code: str, ancestor: str) -> bool:
    return bool(code) and (code == ancestor or code.startswith(f"{ancestor}."))
