from django.apps import AppConfig


class GridConfig(AppConfig):
    name = "denghuo.apps.grid"
    label = "grid"
    verbose_name = "电网"
    default_auto_field = "django.db.models.BigAutoField"
