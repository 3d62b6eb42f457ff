"""The contacts app: conversations, queues, agents and what they have at hand."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ContactsConfig(AppConfig):
    name = "denghuo.apps.contacts"
    label = "contacts"
    verbose_name = "联络"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from denghuo.apps.contacts.texts_sync import after_migrate

        post_migrate.connect(after_migrate, sender=self, dispatch_uid="contacts.texts")
