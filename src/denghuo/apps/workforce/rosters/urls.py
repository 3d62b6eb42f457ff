"""Addresses."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from denghuo.apps.workforce import tabs
from denghuo.apps.workforce.rosters import pages, pages_making, pages_mine, pages_rules

BASE, MINE = "staff/workforce/rosters/", "staff/my-shifts/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(BASE, pages.rosters, name="rosters"),
    path(f"{BASE}make/", pages.make, name="roster-make"),
    path(f"{BASE}shifts/", pages.shifts, name="shifts"),
    path(f"{BASE}shifts/save/", pages.save_shift, name="shift-save"),
    path(f"{BASE}shifts/<int:pk>/retire/", pages.retire_shift, name="shift-retire"),
    path(f"{BASE}fairness/", pages.fairness, name="fairness"),
    path(f"{BASE}swaps/<int:pk>/", pages.decide_swap, name="swap-decide"),
    path(f"{BASE}<int:pk>/", pages.roster, name="roster"),
    path(f"{BASE}<int:pk>/day/", pages.set_day, name="roster-day"),
    path(f"{BASE}<int:pk>/change/", pages.change_day, name="roster-change"),
    path(f"{BASE}<int:pk>/need/", pages.set_need, name="roster-need"),
    path(f"{BASE}<int:pk>/publish/", pages.publish, name="roster-publish"),
    path(f"{BASE}<int:pk>/make/", pages_making.start, name="roster-start"),
    path(f"{BASE}<int:pk>/stop/", pages_making.stop, name="roster-stop"),
    path(f"{BASE}<int:pk>/progress/", pages_making.progress, name="roster-progress"),
    path(f"{BASE}<int:pk>/adjust/", pages_making.adjust, name="roster-adjust"),
    path(f"{BASE}proposals/<int:pk>/", pages_making.decide, name="roster-decide"),
    path(f"{BASE}rules/", pages_rules.local_rules, name="roster-rules"),
    path(f"{BASE}rules/save/", pages_rules.save, name="roster-rule-save"),
    path(f"{BASE}rules/<int:pk>/retire/", pages_rules.retire, name="roster-rule-retire"),
    path(MINE, pages_mine.mine, name="mine"),
    path(f"{MINE}acknowledge/<int:pk>/", pages_mine.acknowledge, name="mine-acknowledge"),
    path(f"{MINE}wishes/", pages_mine.wish, name="mine-wish"),
    path(f"{MINE}wishes/<int:pk>/withdraw/", pages_mine.withdraw_wish, name="mine-wish-withdraw"),
    path(f"{MINE}swaps/", pages_mine.offer, name="mine-offer"),
    path(f"{MINE}swaps/<int:pk>/", pages_mine.answer, name="mine-swap"),
    path(f"{MINE}feed/", pages_mine.make_feed, name="mine-feed"),
    path("calendar/shifts/<str:token>.ics", pages_mine.calendar_feed, name="feed"),
]

tabs.add(50, "rosters", "workforce:rosters", _("排班"), "roster.view")
tabs.add(60, "shifts", "workforce:shifts", _("班次库"), "roster.view")
tabs.add(65, "rules", "workforce:roster-rules", _("本地规则"), "roster.view")
tabs.add(70, "fairness", "workforce:fairness", _("公平"), "roster.view")
