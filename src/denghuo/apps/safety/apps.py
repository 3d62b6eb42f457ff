from django.apps import AppConfig


class SafetyConfig(AppConfig):
    """Safety of the people on site: where they are, where they may not be, and who calls for help."""

    name = "denghuo.apps.safety"
    label = "safety"
    verbose_name = "现场安全"
    default_auto_field = "django.db.models.BigAutoField"
