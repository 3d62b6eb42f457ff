"""The accounts app: staff, roles, sign-in, and the administration pages."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "denghuo.apps.accounts"
    label = "accounts"
    verbose_name = _("人员与权限")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from denghuo.apps.accounts.sync import after_migrate

        post_migrate.connect(after_migrate, sender=self, dispatch_uid="accounts.sync")
