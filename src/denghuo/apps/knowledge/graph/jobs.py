"""Background work of the graph."""

from __future__ import annotations

from denghuo.apps.knowledge.graph import extraction
from denghuo.core.actors import Actor
from denghuo.core.jobs import job, progress


@job(name="knowledge.graph_extract", retries=2, lock="knowledge.graph_extract")
def extract() -> None:
    """Read every published answer for statements the graph does not hold."""
    rows = extraction.published()
    read, made = extraction.propose(rows, progress("知识图谱抽取", rows.count()))
    extraction.note_extraction(Actor.system("knowledge.graph"), read, made)


@job(name="knowledge.graph_import", retries=3)
def take_in_import(batch_id: int) -> None:
    """Take in a table that a second person has looked over."""
    from django.utils import translation

    from denghuo.apps.knowledge.graph.imports.actions import take_in, waiting
    from denghuo.apps.knowledge.models import KnowledgeImport

    with translation.override("zh-hans"):
        batch = KnowledgeImport.objects.get(pk=batch_id)
        take_in(batch_id, progress(f"导入 {batch.file_name}", len(waiting(batch))))
