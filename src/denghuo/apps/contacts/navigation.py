"""Menu entry of the agent's desk."""

from django.utils.translation import gettext_lazy as _

from denghuo.web import nav

nav.register(_("坐席工作台"), "contacts:desk", "contact.take", icon="headset", group="work", order=10)
nav.register(
    _("坐席用语"), "contacts:texts-home", ("desk.view", "desk.manage"), icon="messages", group="manage", order=22
)
nav.register(_("队列与方案"), "contacts:queues", "queue.view", icon="stack-2", group="manage", order=22)
nav.register(_("坐席"), "contacts:agents", "agent.control", icon="users-group", group="manage", order=23)
nav.register(
    _("外部渠道"), "contacts:outside-accounts", "channel.view", icon="plug-connected", group="manage", order=16
)
