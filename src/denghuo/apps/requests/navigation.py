"""Menu entries of the requests screens."""

from django.utils.translation import gettext_lazy as _

from denghuo.web import nav

nav.register(_("诉求"), "requests:list", "requests.view", icon="clipboard-list", group="work", order=20)
nav.register(_("审核"), "requests:review-queue", "request.review", icon="clipboard-check", group="work", order=40)
nav.register(_("回访"), "requests:callbacks", "callback.call", icon="phone-call", group="work", order=50)
nav.register(_("业务办理"), "requests:applications", "request.accept", icon="checklist", group="work", order=30)
