"""WSGI entry point: pages and API."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "denghuo.config.settings")


def warm() -> None:
    """Load before the first request what Django loads with it: all addresses with their pages and API, and the texts.

    A web process that was killed is replaced while the others serve; without this the first customers it gets would
    wait for seconds.
    """
    from django.conf import settings
    from django.urls import get_resolver
    from django.utils import translation

    get_resolver().resolve("/healthz")
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            translation.gettext("")


def warm_beside() -> None:
    """Begin to load what takes seconds and not every request needs; requests are served meanwhile."""
    from denghuo.apps.knowledge.searching import warming

    warming.start()


application = get_wsgi_application()
warm()
warm_beside()
