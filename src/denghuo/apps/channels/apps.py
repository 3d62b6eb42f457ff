"""The channels app: the registry of service functions and the management of channels."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ChannelsConfig(AppConfig):
    """Channels, and the service functions published to them."""

    name = "denghuo.apps.channels"
    label = "channels"
    verbose_name = _("渠道")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.utils.module_loading import autodiscover_modules

        from denghuo.apps.channels.sync import after_migrate

        # Apps declare what they offer to customers in files of this name.
        autodiscover_modules("service_functions")
        post_migrate.connect(after_migrate, sender=self, dispatch_uid="channels.sync")
