"""ASGI application of the live stream; run by ``python -m denghuo.core.live`` or any ASGI server, one worker a port."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "denghuo.config.settings")

import django

django.setup()

from denghuo.core.live.app import LiveApp  # noqa: E402

application = LiveApp()


def default_port() -> int:
    """The port of the settings."""
    from django.conf import settings

    return int(settings.LIVE_PORT)
