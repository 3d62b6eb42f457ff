from django.apps import AppConfig


class WorkforceConfig(AppConfig):
    """Forecast, required heads, rosters and the running day."""

    name = "denghuo.apps.workforce"
    label = "workforce"
    verbose_name = "排班与人力"
    default_auto_field = "django.db.models.BigAutoField"
