"""The frozen set on which models are measured: shipped questions and those editors add from the log."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.knowledge.actions.asking import LONGEST_TEXT, digest_of
from denghuo.apps.knowledge.models import FrozenCase, StandardQuestion
from denghuo.apps.knowledge.queries import EDIT
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotAllowed, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.engine.language.redaction import redact

SHIPPED = Path(__file__).parent / "frozen.toml"
TOPICS = ["knowledge"]


def shipped() -> list[dict[str, Any]]:
    """The questions the product ships, with ``code`` ("" to be refused) and ``text``."""
    return list(tomllib.loads(SHIPPED.read_text(encoding="utf-8"))["case"])


def sync_frozen() -> int:
    """Write shipped questions that are missing; give how many. What an editor retired stays retired."""
    now = moment.now()
    rows = [
        FrozenCase(text=case["text"], digest=digest_of(case["text"]), code=case["code"], shipped=True, added_at=now)
        for case in shipped()
    ]
    before = FrozenCase.objects.count()
    FrozenCase.objects.bulk_create(rows, ignore_conflicts=True)
    return FrozenCase.objects.count() - before


def set_name(cases: list[FrozenCase]) -> str:
    """A name of exactly these questions and answers, so that two measurements can be told to be of the same set."""
    text = "\n".join(sorted(f"{case.digest} {case.code}" for case in cases))
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


@action("learning.add_case")
def add_case(actor: Actor, text: str, code: str) -> FrozenCase:
    """Add a question to the frozen set: the entry ``code`` answers it, or for "" it must be refused. Personal data is
    taken out first. A retired question comes back. Raises NotAllowed, InvalidInput, Conflict (there already)."""
    if not actor.can_somewhere(EDIT):
        raise NotAllowed()
    form = Form()
    clean = redact(form.text("text", text, longest=LONGEST_TEXT, required=True, lines=False))[:LONGEST_TEXT]
    code = form.text("code", code, longest=48, lines=False)
    if code and not StandardQuestion.objects.filter(code=code).exists():
        form.wrong("code", _("没有编码为“%(code)s”的条目，请从知识库条目页复制；应拒答的留空") % {"code": code})
    form.finish()
    row = FrozenCase.objects.select_for_update().filter(digest=digest_of(clean)).first()
    if row is not None and row.active and row.code == code:
        raise Conflict(_("测评集里已有这个问题"))
    if row is None:
        row = FrozenCase(digest=digest_of(clean), text=clean)
    row.code, row.active, row.added_by_id, row.added_at = code, True, actor.id, moment.now()
    row.save()
    record(actor, "learning.case_added", row, org=None, topics=TOPICS, payload={"refuse": not code})
    return row


@action("learning.retire_case")
def retire_case(actor: Actor, case_id: int) -> FrozenCase:
    """Take a question out of the frozen set; earlier measurements keep what they were measured on. Raises NotAllowed,
    NotFound."""
    if not actor.can_somewhere(EDIT):
        raise NotAllowed()
    row = FrozenCase.objects.select_for_update().filter(pk=case_id, active=True).first()
    if row is None:
        raise NotFound()
    row.active = False
    row.save(update_fields=["active"])
    record(actor, "learning.case_retired", row, org=None, topics=TOPICS, payload={})
    return row
