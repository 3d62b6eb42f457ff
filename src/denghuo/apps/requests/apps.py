from django.apps import AppConfig


class RequestsConfig(AppConfig):
    name = "denghuo.apps.requests"
    label = "requests"
    verbose_name = "诉求"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from denghuo.apps.catalogue.flows.host import provide
        from denghuo.apps.requests import (
            classification,  # noqa: F401  (tells the catalogue what its columns rely on)
            looks,  # noqa: F401  how grades look
            topic_texts,  # noqa: F401  (their texts count in the trends of topics)
        )
        from denghuo.apps.requests.callbacks import script  # noqa: F401  (call scripts are editions of the catalogue)
        from denghuo.apps.requests.flow_history import RequestFlows

        provide(RequestFlows())
