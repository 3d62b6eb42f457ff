"""``manage.py measure_graph``: how good the reading of statements out of answers is."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from denghuo.apps.knowledge.graph.measuring import measure
from denghuo.core import policies


class Command(BaseCommand):
    """Print precision and recall on the labelled sentences, by least confidence."""

    help = "图谱抽取在人工标注句上的准确率 · precision of the graph's extraction on labelled sentences"

    def add_arguments(self, parser: CommandParser) -> None:
        """``--wrong`` lists what was read wrongly."""
        parser.add_argument("--wrong", action="store_true", help="列出读错的 · list what was read wrongly")

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure at the policy's floor and around it."""
        floor = float(policies.get("knowledge.graph.floor"))
        for at in sorted({0.0, floor, 0.6, 0.7, 0.8}):
            found = measure(at)
            self.stdout.write(
                f"{'*' if at == floor else ' '} >= {at:.2f}  {found.sentences} sentences  precision "
                f"{found.right}/{found.proposed} = {found.precision:.3f}  recall "
                f"{found.right}/{found.labelled} = {found.recall:.3f}"
            )
        if options["wrong"]:
            for sentence, read in measure(floor).wrong:
                self.stdout.write(f"{read}  <-  {sentence}")
