"""Every change of an answer, and the note that one was used."""

from denghuo.apps.knowledge.actions.colleagues import comment, hold, let_go, resolve_comment
from denghuo.apps.knowledge.actions.reviewing import (
    confirm_current,
    drop_draft,
    publish,
    publish_due,
    restore_version,
    review,
    submit,
    take_back,
)
from denghuo.apps.knowledge.actions.using import note_use
from denghuo.apps.knowledge.actions.writing import Draft, expire_entry, may_publish, write_draft, write_entry

__all__ = [
    "Draft",
    "comment",
    "confirm_current",
    "drop_draft",
    "expire_entry",
    "hold",
    "let_go",
    "may_publish",
    "note_use",
    "publish",
    "publish_due",
    "resolve_comment",
    "restore_version",
    "review",
    "submit",
    "take_back",
    "write_draft",
    "write_entry",
]
