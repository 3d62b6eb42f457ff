"""Background work of the entries: reading and taking in files, checks of the base, what was scheduled."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _

from denghuo.core.actors import Actor
from denghuo.core.jobs import job, periodic, progress


@job(name="knowledge.read_import", retries=2)
def read_import(batch_id: int) -> None:
    """Read an uploaded file."""
    from denghuo.apps.knowledge.actions.importing import read_in
    from denghuo.apps.knowledge.models import KnowledgeImport

    with translation.override("zh-hans"):
        name = KnowledgeImport.objects.values_list("file_name", flat=True).get(pk=batch_id)
        read_in(batch_id, progress(_("解析 %(name)s") % {"name": name}))


@job(name="knowledge.run_import", retries=3)
def run_import(batch_id: int) -> None:
    """Make drafts of what was confirmed."""
    from denghuo.apps.knowledge.actions.importing import take_in
    from denghuo.apps.knowledge.models import ImportItem, KnowledgeImport

    with translation.override("zh-hans"):
        name = KnowledgeImport.objects.values_list("file_name", flat=True).get(pk=batch_id)
        total = ImportItem.objects.filter(batch_id=batch_id, skipped=False, entry=None).count()
        take_in(batch_id, progress(_("导入 %(name)s") % {"name": name}, total))


@job(name="knowledge.run_check", retries=1)
def run_check(check_id: int) -> None:
    """Go through the whole base."""
    from denghuo.apps.knowledge.actions.checking import run
    from denghuo.apps.knowledge.choices import CheckKind
    from denghuo.apps.knowledge.models import BaseCheck, StandardQuestion

    with translation.override("zh-hans"):
        row = BaseCheck.objects.get(pk=check_id)
        rows = StandardQuestion.objects.filter(active=True).values_list("similar", flat=True)
        total = sum(1 + len(similar) for similar in rows.iterator())
        run(check_id, progress(str(CheckKind(row.kind).label), total))


@periodic("*/10 * * * *", name="knowledge.publish_due", retries=1)
def publish_scheduled() -> None:
    """Publish what was scheduled and whose day has come."""
    from denghuo.apps.knowledge.actions import publish_due

    publish_due(Actor.system("knowledge.schedule"))
