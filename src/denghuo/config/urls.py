"""All addresses of the product. Each app lists its own."""

from django.urls import include, path
from django.views.i18n import set_language

from denghuo.config.api import api
from denghuo.core.http.health import healthz

urlpatterns = [
    path("healthz", healthz),
    path("i18n/set-language/", set_language, name="set-language"),
    path("api/v1/", api.urls),
    path("", include("denghuo.web.urls")),
    path("", include("denghuo.apps.accounts.urls")),
    path("", include("denghuo.apps.channels.urls")),
    path("", include("denghuo.apps.catalogue.urls")),
    path("", include("denghuo.apps.customers.urls")),
    path("", include("denghuo.apps.grid.urls")),
    path("", include("denghuo.apps.knowledge.urls")),
    path("", include("denghuo.apps.contacts.urls")),
    path("", include("denghuo.apps.requests.urls")),
    path("", include("denghuo.apps.field.urls")),
    path("", include("denghuo.apps.safety.urls")),
    path("", include("denghuo.apps.teams.urls")),
    path("", include("denghuo.apps.assistant.urls")),
    path("", include("denghuo.apps.workforce.urls")),
    path("", include("denghuo.apps.floor.urls")),
    path("", include("denghuo.apps.metrics.urls")),
    path("", include("denghuo.apps.exchange.urls")),
]
