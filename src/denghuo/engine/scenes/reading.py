"""Reading a scene template from its document, every reference checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from denghuo.engine.scenes.conditions import Condition, ConditionError, compared, fields_of, parse
from denghuo.engine.scenes.model import (
    AUDIENCES,
    CHOOSING,
    CODE,
    CREWS,
    KINDS,
    LONGEST_TEXT,
    MOMENTS,
    MOST_FIELDS,
    SENSITIVITIES,
    Choice,
    Dispatch,
    Field,
    Question,
    Script,
    Template,
    TemplateError,
)


def read(document: Mapping[str, Any]) -> Template:
    """Read a document. Raises TemplateError for what cannot be read or refers to nothing."""
    fields = _fields(document)
    known = {"code", "label", "label_en", "types", "classes", "match", "channels", "fields", "questions", "dispatch",
             "script", "examples", "summary"}  # fmt: skip
    types = _texts(document, "types", "")
    if not types:
        raise TemplateError("types", "missing")
    return Template(
        code=_text(document, "code", ""),
        label=_text(document, "label", ""),
        label_en=_optional(document, "label_en", ""),
        types=types,
        classes=_texts(document, "classes", ""),
        match=_condition(document, "match", ""),
        channels=_texts(document, "channels", ""),
        fields=fields,
        questions=tuple(_questions(document, {one.code for one in fields})),
        dispatch=_dispatch(document),
        script=_script(document),
        examples=tuple(_examples(document)),
        summary=_optional(document, "summary", ""),
        extra={key: value for key, value in document.items() if key not in known},
    )


def _fields(document: Mapping[str, Any]) -> tuple[Field, ...]:
    rows = _list(document, "fields", "")
    if not rows:
        raise TemplateError("fields", "missing")
    if len(rows) > MOST_FIELDS:
        raise TemplateError("fields", "too_many", most=MOST_FIELDS)
    made: list[Field] = []
    codes: set[str] = set()
    attributes: set[str] = set()
    for index, row in enumerate(rows):
        where = f"fields[{index}]"
        one = _field(row, where)
        where = f"fields.{one.code}"
        if one.code in codes:
            raise TemplateError(where, "twice", name=one.code)
        if one.maps_to and one.maps_to in attributes:
            raise TemplateError(f"{where}.maps_to", "twice", name=one.maps_to)
        # A field can only depend on those above it: so there are no circles, and one pass decides all.
        for name in fields_of(one.when) if one.when else ():
            if name not in codes:
                raise TemplateError(f"{where}.when", "must_follow", name=name)
        codes.add(one.code)
        attributes.add(one.maps_to)
        made.append(one)
    by_code = {one.code: one for one in made}
    for one in made:
        for part in ("when", "required_when"):
            condition = getattr(one, part)
            if condition is not None:
                _comparable(condition, by_code, f"fields.{one.code}.{'when' if part == 'when' else 'required'}")
    return tuple(made)


def _comparable(condition: Condition, known: Mapping[str, Field], where: str) -> None:
    for name in fields_of(condition):
        if name not in known:
            raise TemplateError(where, "no_such_field", name=name)
    for name, value in compared(condition):
        codes = {choice.code for choice in known[name].choices}
        if known[name].kind in CHOOSING and value not in codes:
            raise TemplateError(where, "no_such_choice", name=str(value), field=name)
        if known[name].kind == "bool" and not isinstance(value, bool):
            raise TemplateError(where, "bool_needed", field=name)


_ALLOWED: Final = frozenset(
    {
        "code", "label", "label_en", "kind", "choices", "required", "barring", "when", "for", "channels", "min", "max",
        "decimals", "min_length", "max_length", "pattern", "moment", "lines", "unit", "help", "help_en", "question",
        "question_en", "maps_to", "sensitive",
    }
)  # fmt: skip


def _field(row: Any, where: str) -> Field:
    code = _text(row, "code", where)
    if not CODE.fullmatch(code):
        raise TemplateError(f"{where}.code", "bad_code", name=code)
    where = f"fields.{code}"
    for name in row:
        if name not in _ALLOWED:
            raise TemplateError(f"{where}.{name}", "unknown_key", name=name)
    kind = _one_of(row, "kind", where, KINDS, "text")
    required, required_when = _required(row, where)
    choices = tuple(_choices(row, where))
    if (kind in CHOOSING) != bool(choices):
        raise TemplateError(f"{where}.choices", "choices_needed" if kind in CHOOSING else "choices_unwanted")
    barring = _flag(row, "barring", where)
    if barring and not required and required_when is None:
        raise TemplateError(f"{where}.barring", "barring_optional")
    least, most = _number(row, "min", where), _number(row, "max", where)
    shortest, longest = _count(row, "min_length", where, 0), _count(row, "max_length", where, 200)
    if least is not None and most is not None and least > most:
        raise TemplateError(f"{where}.min", "range")
    if shortest > longest or longest > LONGEST_TEXT or longest < 1:
        raise TemplateError(f"{where}.max_length", "length", most=LONGEST_TEXT)
    return Field(
        code=code, label=_text(row, "label", where), kind=kind, label_en=_optional(row, "label_en", where),
        choices=choices, required=required, required_when=required_when, barring=barring,
        when=_condition(row, "when", where), audience=_one_of(row, "for", where, AUDIENCES, "both"),
        channels=_texts(row, "channels", where), least=least, most=most,
        decimals=min(_count(row, "decimals", where, 2), 6), shortest=shortest, longest=longest,
        pattern=_pattern(row, where), moment=_one_of(row, "moment", where, MOMENTS, ""),
        lines=_flag(row, "lines", where), unit=_optional(row, "unit", where), help=_optional(row, "help", where),
        help_en=_optional(row, "help_en", where), question=_optional(row, "question", where),
        question_en=_optional(row, "question_en", where), maps_to=_optional(row, "maps_to", where),
        sensitive=_one_of(row, "sensitive", where, ("", *SENSITIVITIES), _sensitive_by(kind)),
    )  # fmt: skip


def _sensitive_by(kind: str) -> str:
    return {"phone": "phone", "account": "account_number", "address": "address"}.get(kind, "")


def _required(row: Mapping[str, Any], where: str) -> tuple[bool, Condition | None]:
    value = row.get("required", False)
    if isinstance(value, bool):
        return value, None
    if not isinstance(value, str):
        raise TemplateError(f"{where}.required", "condition_needed")
    return False, _condition(row, "required", where)


def _choices(row: Mapping[str, Any], where: str) -> Iterator[Choice]:
    seen = set()
    for index, one in enumerate(_list(row, "choices", where)):
        place = f"{where}.choices[{index}]"
        choice = Choice(_text(one, "code", place), _text(one, "label", place), _optional(one, "label_en", place))
        if choice.code in seen:
            raise TemplateError(place, "twice", name=choice.code)
        seen.add(choice.code)
        yield choice


def _pattern(row: Mapping[str, Any], where: str) -> str:
    text = _optional(row, "pattern", where)
    try:
        re.compile(text)
    except re.error:
        raise TemplateError(f"{where}.pattern", "bad_pattern") from None
    if re.search(r"\([^)]*[+*][^)]*\)\s*[+*{]", text) or len(text) > 120:
        raise TemplateError(f"{where}.pattern", "slow_pattern")  # nested repetition takes for ever on some inputs
    return text


def _questions(document: Mapping[str, Any], codes: set[str]) -> Iterator[Question]:
    for index, row in enumerate(_list(document, "questions", "")):
        where = f"questions[{index}]"
        fields = _texts(row, "fields", where)
        for code in fields:
            if code not in codes:
                raise TemplateError(f"{where}.fields", "no_such_field", name=code)
        when = _condition(row, "when", where)
        for name in fields_of(when) if when else ():
            if name not in codes:
                raise TemplateError(f"{where}.when", "no_such_field", name=name)
        yield Question(
            _text(row, "ask", where), fields, when, _optional(row, "tip", where), _optional(row, "ask_en", where)
        )


def _dispatch(document: Mapping[str, Any]) -> Dispatch:
    row = _table(document, "dispatch")
    return Dispatch(
        _texts(row, "skills", "dispatch"), _one_of(row, "crew", "dispatch", CREWS, "none"),
        _texts(row, "tools", "dispatch"), _optional(row, "note", "dispatch"),
    )  # fmt: skip


def _script(document: Mapping[str, Any]) -> Script:
    row = _table(document, "script")
    return Script(*(_optional(row, name, "script") for name in ("opening", "asking", "closing")))


def _examples(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for index, row in enumerate(_list(document, "examples", "")):
        if not isinstance(row, Mapping):
            raise TemplateError(f"examples[{index}]", "table_needed")
        yield dict(row)


def _condition(row: Mapping[str, Any], name: str, where: str) -> Condition | None:
    text = _optional(row, name, where)
    if not text:
        return None
    try:
        return parse(text)
    except ConditionError as error:
        place = f"{where}.{name}" if where else name
        raise TemplateError(place, f"condition_{error.code}", at=error.at + 1, found=error.found) from error


def _place(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _table(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = row.get(name, {})
    if not isinstance(value, Mapping):
        raise TemplateError(name, "table_needed")
    return value


def _list(row: Mapping[str, Any], name: str, where: str) -> list[Any]:
    value = row.get(name, [])
    if not isinstance(value, list):
        raise TemplateError(_place(where, name), "list_needed")
    return value


def _text(row: Any, name: str, where: str) -> str:
    if not isinstance(row, Mapping):
        raise TemplateError(where, "table_needed")
    value = _optional(row, name, where)
    if not value:
        raise TemplateError(_place(where, name), "missing")
    return value


def _optional(row: Mapping[str, Any], name: str, where: str) -> str:
    value = row.get(name, "")
    if not isinstance(value, str):
        raise TemplateError(_place(where, name), "text_needed")
    return value.strip()


def _texts(row: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    value = row.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
        raise TemplateError(_place(where, name), "texts_needed")
    return tuple(one.strip() for one in value)


def _one_of(row: Mapping[str, Any], name: str, where: str, allowed: tuple[str, ...], default: str) -> str:
    value = _optional(row, name, where) or default
    if value not in allowed:
        raise TemplateError(_place(where, name), "not_among", name=value, allowed=", ".join(filter(None, allowed)))
    return value


def _flag(row: Mapping[str, Any], name: str, where: str) -> bool:
    value = row.get(name, False)
    if not isinstance(value, bool):
        raise TemplateError(_place(where, name), "flag_needed")
    return value


def _number(row: Mapping[str, Any], name: str, where: str) -> float | None:
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TemplateError(_place(where, name), "number_needed")
    return value


def _count(row: Mapping[str, Any], name: str, where: str, default: int) -> int:
    value = row.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TemplateError(_place(where, name), "count_needed")
    return value
