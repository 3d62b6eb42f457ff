"""Entries of the navigation."""

from django.utils.translation import gettext_lazy as _

from denghuo.web import nav

nav.register(
    _("智能客服"), "assistant:dialogues", ("catalogue.view", "contacts.view"), icon="robot", group="manage", order=13
)
