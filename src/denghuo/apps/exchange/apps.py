from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """What goes to other systems and comes from them."""

    name = "denghuo.apps.exchange"
    label = "exchange"
    default_auto_field = "django.db.models.BigAutoField"
