from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "denghuo.apps.contacts"
    label = "contacts"
    verbose_name = "联络"
    default_auto_field = "django.db.models.BigAutoField"
