from django.apps import AppConfig


class RequestsConfig(AppConfig):
    name = "denghuo.apps.requests"
    label = "requests"
    verbose_name = "诉求"
    default_auto_field = "django.db.models.BigAutoField"
