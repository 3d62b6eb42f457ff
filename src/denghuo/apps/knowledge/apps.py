"""The knowledge app: standard questions with their answers."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class KnowledgeConfig(AppConfig):
    """Standard questions and answers."""

    name = "denghuo.apps.knowledge"
    label = "knowledge"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from denghuo.apps.knowledge.learning import judging  # noqa: F401  (registers who judges trained models)
        from denghuo.apps.knowledge.sync import after_migrate

        post_migrate.connect(after_migrate, sender=self, dispatch_uid="knowledge.sync")
        from denghuo.apps.knowledge.graph.sync import after_migrate as graph_after_migrate

        post_migrate.connect(graph_after_migrate, sender=self, dispatch_uid="knowledge.graph")
