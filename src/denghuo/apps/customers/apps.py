from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "denghuo.apps.customers"
    label = "customers"
    verbose_name = "客户"
    default_auto_field = "django.db.models.BigAutoField"
