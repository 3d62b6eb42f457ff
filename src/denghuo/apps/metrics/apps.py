from django.apps import AppConfig


class MetricsConfig(AppConfig):
    name = "denghuo.apps.metrics"
    label = "metrics"
    verbose_name = "指标"
    default_auto_field = "django.db.models.BigAutoField"
