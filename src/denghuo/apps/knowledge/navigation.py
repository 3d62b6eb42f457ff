"""Menu entry of the standard questions."""

from django.utils.translation import gettext_lazy as _

from denghuo.web import nav

nav.register(_("知识库"), "knowledge:list", "knowledge.view", icon="book", group="manage", order=20)
