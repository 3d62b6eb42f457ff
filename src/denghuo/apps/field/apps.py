from django.apps import AppConfig


class FieldConfig(AppConfig):
    name = "denghuo.apps.field"
    label = "field"
    verbose_name = "现场"
    default_auto_field = "django.db.models.BigAutoField"
