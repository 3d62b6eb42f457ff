"""Django app: what requests are made of, as dated data."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "denghuo.apps.catalogue"
    label = "catalogue"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from denghuo.apps.catalogue import classes, flows, scenes  # noqa: F401  (each registers its kind)
        from denghuo.apps.catalogue.sync import after_migrate

        post_migrate.connect(after_migrate, sender=self, dispatch_uid="catalogue.sync")
