"""Answers the product ships, by scene, in ``seed/<scene>.toml``, ``seed/<scene>/*.toml`` and ``seed/articles``."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

from django.db import connections, transaction
from django.db.models import Exists, Max, OuterRef

from denghuo.apps.knowledge.choices import Kind, Life, Scene, Stage, Trust
from denghuo.apps.knowledge.content import content_of
from denghuo.apps.knowledge.index import fill_index
from denghuo.apps.knowledge.models import Revision, StandardQuestion
from denghuo.core import moment

FOLDER = Path(__file__).parent / "seed"
SHIPPED_FROM = dt.date(2024, 6, 1)  # the day from which the present supply rules (供电营业规则, 2024) are in force
FIELDS = (
    "kind", "scene", "question", "answer", "similar", "negative", "valid_from", "source", "trust", "varies", "public",
    "position", "search_text",
)  # fmt: skip
TABLES = {"knowledge_standardquestion", "knowledge_standardquestionevent", "knowledge_revision", "knowledge_frozencase"}


def shipped() -> list[StandardQuestion]:
    """The shipped answers, not saved; a wrong scene, mark or a code used twice is an error."""
    found: dict[str, StandardQuestion] = {}
    for scene in Scene:
        for place, given in enumerate(_given(scene)):
            entry = _entry(scene, given, place)
            if entry.code in found:
                raise ValueError(f"{entry.code} is shipped twice")
            found[entry.code] = entry
    return list(found.values())


def _given(scene: Scene) -> list[dict[str, Any]]:
    """The rows of one scene: ``<scene>.toml``, the files in the folder of that name, then ``articles/<scene>.toml``."""
    paths = [FOLDER / f"{scene}.toml", *sorted((FOLDER / str(scene)).glob("*.toml"))]
    asked = [row for path in paths for row in _rows(path, "question")]
    return asked + [{"kind": Kind.ARTICLE, **row} for row in _rows(FOLDER / "articles" / f"{scene}.toml", "article")]


def _rows(path: Path, table: str) -> list[dict[str, Any]]:
    return tomllib.loads(path.read_text(encoding="utf-8"))[table] if path.exists() else []


def _entry(scene: Scene, given: dict[str, Any], place: int) -> StandardQuestion:
    entry = StandardQuestion(
        code=f"{scene}.{given['code']}",
        kind=given.get("kind", Kind.QA),
        scene=scene,
        question=given["question"],
        answer=given["answer"].strip(),
        similar=given["similar"],
        negative=given.get("negative", []),
        valid_from=given.get("valid_from", SHIPPED_FROM),
        source=given["source"],
        trust=Trust(given["trust"]),
        varies=given.get("varies", False),
        public=given.get("public", True),
        position=place,
    )
    fill_index(entry)
    return entry


def sync_knowledge() -> int:
    """Write shipped answers that are missing or outdated; give how many. What a person edited is never touched."""
    with transaction.atomic():
        present = {row.code: row for row in StandardQuestion.objects.select_for_update()}
        wanted = shipped()
        fresh = [entry for entry in wanted if entry.code not in present]
        StandardQuestion.objects.bulk_create(fresh)
        changed = 0
        for entry in wanted:
            row = present.get(entry.code)
            if row is None or row.edited_at is not None or all(getattr(row, f) == getattr(entry, f) for f in FIELDS):
                continue
            for field in FIELDS:
                setattr(row, field, getattr(entry, field))
            _supersede(row)
            changed += 1
        _number()
    return len(fresh) + changed


def _supersede(row: StandardQuestion) -> None:
    """The shipped answer changed: what it said before becomes history."""
    Revision.objects.filter(entry=row, state=Stage.PUBLISHED).update(state=Stage.SUPERSEDED)
    last = Revision.objects.filter(entry=row).aggregate(last=Max("number"))["last"]
    row.version = (last or row.version) + 1
    row.save()


def _number() -> None:
    """Every published answer has the version that is in force among its versions; write what is missing."""
    StandardQuestion.objects.filter(active=False, life=Life.PUBLISHED).update(life=Life.WITHDRAWN)
    written = Revision.objects.filter(entry=OuterRef("pk"), state=Stage.PUBLISHED)
    bare = StandardQuestion.objects.filter(~Exists(written), life=Life.PUBLISHED)
    now = moment.now()
    Revision.objects.bulk_create(
        Revision(
            entry=row, number=row.version, state=Stage.PUBLISHED, content=content_of(row), author_id=row.edited_by_id,
            written_at=row.edited_at or now, published_at=row.edited_at or now,
        )
        for row in bare
    )  # fmt: skip


def after_migrate(sender: Any, using: str = "default", **kwargs: Any) -> None:
    """``post_migrate``: sync, unless this was a partial migration and the tables are not there yet."""
    if using == "default" and set(connections[using].introspection.table_names()) >= TABLES:
        sync_knowledge()
        from denghuo.apps.knowledge.learning.frozen import sync_frozen

        sync_frozen()
