"""Menu entries of the field."""

from django.utils.translation import gettext_lazy as _

from denghuo.web import nav

nav.register(_("派单调度"), "field:dispatch", "order.dispatch", icon="send", group="work", order=30)
nav.register(_("我的工单"), "field:orders", "order.work", icon="tools", group="work", order=40)
nav.register(_("派单规则权重"), "field:weights", "policy.approve", icon="timeline", group="manage", order=60)
nav.register(_("抢修班组"), "field:crews", "field.view", icon="truck", group="watch", order=30)
