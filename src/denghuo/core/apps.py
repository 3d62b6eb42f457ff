"""The ``core`` Django app: what every business app stands on."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "denghuo.core"
    label = "core"
    verbose_name = "平台基础"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from importlib import import_module

        from django.utils.module_loading import autodiscover_modules

        # Each app declares its policies, event kinds and reactions in files of these names.
        autodiscover_modules("policy_keys", "event_kinds", "subscribers", "sweepers", "jobs", "navigation")
        import_module("denghuo.core.jobs.upkeep")  # the platform's own jobs
        from django.db.models.signals import post_migrate

        from denghuo.core.clocks.shipped import after_migrate

        post_migrate.connect(after_migrate, sender=self, dispatch_uid="core.calendars")
