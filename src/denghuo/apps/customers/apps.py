from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "denghuo.apps.customers"
    label = "customers"
    verbose_name = "客户"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from denghuo.apps.customers import looks  # noqa: F401  how states look
