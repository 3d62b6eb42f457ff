from django.apps import AppConfig


class TeamsConfig(AppConfig):
    """Team management: tasks, week plans, work points, saturation, reviews."""

    name = "denghuo.apps.teams"
    label = "teams"
    verbose_name = "班组管理"
    default_auto_field = "django.db.models.BigAutoField"
