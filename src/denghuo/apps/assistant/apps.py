"""The assistant app: the robot that answers customers, and the helper beside an agent."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AssistantConfig(AppConfig):
    """Dialogues of the robot, their test cases, and what it did."""

    name = "denghuo.apps.assistant"
    label = "assistant"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from denghuo.apps.assistant import dialogues, filling, running  # noqa: F401  (the first registers its kind)
        from denghuo.apps.assistant.sync import after_migrate

        running.register()
        filling.register()
        post_migrate.connect(after_migrate, sender=self, dispatch_uid="assistant.cases")
