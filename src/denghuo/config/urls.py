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
    path("", include("denghuo.apps.customers.urls")),
    path("", include("denghuo.apps.grid.urls")),
    path("", include("denghuo.apps.contacts.urls")),
    path("", include("denghuo.apps.requests.urls")),
    path("", include("denghuo.apps.field.urls")),
    path("", include("denghuo.apps.metrics.urls")),
]
