"""Django app of the common front end."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebConfig(AppConfig):
    """Look, language and front-end base; holds no tables of its own."""

    name = "denghuo.web"
    label = "web"
    verbose_name = _("界面")
