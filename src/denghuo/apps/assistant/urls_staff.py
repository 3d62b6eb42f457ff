"""Addresses of the editor's and the supervisor's screens."""

from django.urls import path

from denghuo.apps.assistant.pages import dialogues, talks, trying

urlpatterns = [
    path("staff/assistant/", dialogues.index, name="dialogues"),
    path("staff/assistant/dialogues/<int:pk>/", dialogues.dialogue, name="dialogue"),
    path("staff/assistant/dialogues/<int:pk>/draft/", dialogues.draft, name="dialogue-draft"),
    path("staff/assistant/dialogues/<int:pk>/edit/", dialogues.edit, name="dialogue-edit"),
    path("staff/assistant/dialogues/<int:pk>/release/", dialogues.release, name="dialogue-release"),
    path("staff/assistant/dialogues/<int:pk>/withdraw/", dialogues.withdraw, name="dialogue-withdraw"),
    path("staff/assistant/dialogues/<int:pk>/discard/", dialogues.discard, name="dialogue-discard"),
    path("staff/assistant/cases/", talks.case_list, name="cases"),
    path("staff/assistant/cases/<int:pk>/", talks.case, name="case"),
    path("staff/assistant/try/", trying.try_out, name="try"),
    path("staff/assistant/talks/", talks.talk_list, name="talks"),
    path("staff/assistant/talks/<int:pk>/", talks.talk, name="talk"),
    path("staff/assistant/talks/<int:pk>/take-over/", talks.take_over, name="talk-take-over"),
    path("staff/assistant/talks/<int:pk>/case/", talks.make_case, name="talk-case"),
]
