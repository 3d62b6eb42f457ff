"""Scene templates: one document for screen, API, import and bot. Pure: no database, no framework."""

from denghuo.engine.scenes.conditions import ConditionError, evaluate, is_filled, parse, to_data
from denghuo.engine.scenes.model import Choice, Dispatch, Field, Question, Script, Template, TemplateError
from denghuo.engine.scenes.reading import read
from denghuo.engine.scenes.schema import Column, columns, json_schema
from denghuo.engine.scenes.values import (
    Checked,
    Fault,
    Now,
    applying,
    completeness,
    measure,
    missing,
    next_question,
    validate,
)

__all__ = [
    "Checked", "Choice", "Column", "ConditionError", "Dispatch", "Fault", "Field", "Now", "Question", "Script", "Template",
    "TemplateError", "applying", "columns", "completeness", "evaluate", "is_filled", "json_schema", "measure", "missing", "next_question", "parse",
    "read", "to_data", "validate",
]  # fmt: skip
