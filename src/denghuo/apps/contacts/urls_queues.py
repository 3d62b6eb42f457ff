"""Addresses of queues, reserve echelons and agents."""

from django.urls import path

from denghuo.apps.contacts.pages import agents, queues

patterns = [
    path("staff/queues/", queues.queues, name="queues"),
    path("staff/queues/live/", queues.live, name="queues-live"),
    path("staff/queues/new/", queues.new, name="queue-new"),
    path("staff/queues/echelons/", queues.echelons, name="echelons"),
    path("staff/queues/echelons/<int:pk>/release/", queues.release, name="echelon-release"),
    path("staff/queues/plans/<int:pk>/withdraw/", queues.withdraw, name="plan-withdraw"),
    path("staff/queues/<str:code>/", queues.queue, name="queue"),
    path("staff/queues/<str:code>/try/", queues.try_plan, name="queue-try"),
    path("staff/queues/<str:code>/settings/", queues.change, name="queue-change"),
    path("staff/agents/", agents.agents, name="agents"),
    path("staff/agents/<int:pk>/", agents.agent, name="agent"),
    path("staff/agents/<int:pk>/mode/", agents.agent_mode, name="agent-mode"),
]
