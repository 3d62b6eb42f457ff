from django.apps import AppConfig


class FloorConfig(AppConfig):
    """Control of the service floor and its records."""

    name = "denghuo.apps.floor"
    label = "floor"
    default_auto_field = "django.db.models.BigAutoField"
