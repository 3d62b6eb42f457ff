"""Addresses of the agent's desk."""

from django.urls import path

from denghuo.apps.contacts.pages import chat, panel_knowledge, panels, texts
from denghuo.apps.contacts.pages import desk as pages
from denghuo.apps.contacts.urls_outside import patterns as outside
from denghuo.apps.contacts.urls_queues import patterns as queues

app_name = "contacts"
urlpatterns = [
    path("hall/chat/", chat.chat, name="chat"),
    path("hall/chat/transcript/<str:token>.<str:kind>", chat.transcript, name="chat-transcript"),
    path("hall/chat/demo/", chat.demo, name="chat-demo"),
    path("staff/desk/", pages.desk, name="desk"),
    path("staff/desk/<int:pk>/panel/customer/", panels.customer, name="panel-customer"),
    path("staff/desk/<int:pk>/panel/history/", panels.history, name="panel-history"),
    path("staff/desk/<int:pk>/panel/history/<int:other>/", panels.history_messages, name="panel-messages"),
    path("staff/desk/<int:pk>/panel/script/", panels.script, name="panel-script"),
    path("staff/desk/<int:pk>/panel/knowledge/", panel_knowledge.panel, name="panel-knowledge"),
    path("staff/desk/<int:pk>/panel/knowledge/<int:entry_id>/", panel_knowledge.use, name="panel-knowledge-use"),
    path("staff/desk-texts/", texts.text_list, name="texts-home"),
    path("staff/desk-texts/test/", texts.text_test, name="text-test"),
    path("staff/desk-texts/<slug:kind>/", texts.text_list, name="texts"),
    path("staff/desk-texts/<slug:kind>/new/", texts.text_edit, name="text-new"),
    path("staff/desk-texts/<slug:kind>/preview/", texts.text_preview, name="text-preview"),
    path("staff/desk-texts/<slug:kind>/<int:pk>/", texts.text_edit, name="text-edit"),
]
urlpatterns += outside
urlpatterns += queues
