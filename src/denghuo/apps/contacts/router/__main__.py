"""``python -m denghuo.apps.contacts.router``."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "denghuo.config.settings")
django.setup()

from denghuo.apps.contacts.router.process import main  # noqa: E402 -- models need Django

sys.exit(main())
