"""Addresses of team management."""

from django.urls import path

from denghuo.apps.teams.pages import board, catalogue, people, phone, review, tasks

app_name = "teams"
urlpatterns = [
    path("staff/teams/", board.board, name="board"),
    path("staff/teams/week/", board.moving, name="board-week"),
    path("staff/teams/release/", board.release, name="release"),
    path("staff/teams/carry/", board.carry, name="carry"),
    path("staff/teams/export/", board.export, name="export"),
    path("staff/teams/tasks/", tasks.task_list, name="tasks"),
    path("staff/teams/tasks/new/", tasks.new, name="task-new"),
    path("staff/teams/tasks/<int:pk>/", tasks.task, name="task"),
    path("staff/teams/tasks/<int:pk>/move/", tasks.move, name="task-move"),
    path("staff/teams/review/", review.review, name="review"),
    path("staff/teams/review/items/", review.add_item, name="item-add"),
    path("staff/teams/review/items/<int:pk>/", review.close_item, name="item-close"),
    path("staff/teams/people/", people.people, name="people"),
    path("staff/teams/people/absences/<int:pk>/end/", people.end, name="absence-end"),
    path("staff/teams/catalogue/", catalogue.catalogue, name="catalogue"),
    path("field/week/", phone.week, name="my-week"),
    path("field/week/<int:pk>/", phone.step, name="my-step"),
]
