"""A team's week as a workbook."""

from __future__ import annotations

from typing import BinaryIO

from django.utils.translation import gettext as _

from denghuo.apps.teams import figures, words
from denghuo.apps.teams.actions.moving import percent
from denghuo.apps.teams.choices import MarkKind
from denghuo.apps.teams.figures import Week
from denghuo.apps.teams.models import TaskMark
from denghuo.core.sheets import write


def mark_text(mark: TaskMark) -> str:
    """A mark in words: what for, how many points, the leader's reason."""
    why = f"（{mark.reason}）" if mark.reason else ""
    return f"{MarkKind(mark.kind).label} {mark.points:+g}{why}"


def write_week(file: BinaryIO, week: Week, label: str) -> int:
    """Write the week's tasks as a first sheet, its people's figures and the formulas as a second; gives the rows."""
    specialities = words.names("teams.specialities", week.team)
    types = words.names("teams.type_names", week.team)
    heads = [
        _("日期"), _("专业"), _("任务类型"), _("任务"), _("地点"), _("执行人"), _("来源"), _("状态"), _("工作当量"),
        _("质量分"), _("质量加减原因"),
    ]  # fmt: skip
    rows = [
        [
            task.day.isoformat(), specialities.get(task.speciality, task.speciality), types.get(task.type, task.type),
            task.title, task.place, _("、").join(share.staff.display_name for share in task.shares.all()),
            str(task.get_source_display()), str(task.get_state_display()), task.points,
            round(sum(mark.points for mark in task.marks.all()), 2),
            _("；").join(mark_text(mark) for mark in task.marks.all()),
        ]
        for task in week.tasks
    ]  # fmt: skip
    return write(file, "xlsx", heads, rows, title=label, notes=_notes(week), notes_title=_("人员与指标"))


def _notes(week: Week) -> list[list[str]]:
    found = figures.indicators(week)
    lines = [[one["person"].staff.display_name, _person_line(one)] for one in figures.by_person(week)]
    lines += [
        [_("班组饱和度"), f"{percent(found['saturation'])} = " + _("本周全部当量 ÷ 全体人员可用当量")],
        [_("计划工作率"), f"{percent(found['planned_rate'])} = " + _("完成的计划任务数 ÷ 完成的任务数")],
        [_("完成率"), f"{percent(found['completion'])} = " + _("完成的任务数 ÷ 除取消外的任务数，结转计为未完成")],
        [_("当日完成率"), f"{percent(found['on_day'])} = " + _("在计划日或之前完成的任务数 ÷ 完成的任务数")],
        [_("绩效得分"), f"{found['performance']:g} = " + _("完成当量 + 质量分")],
    ]
    return lines


def _person_line(one: dict[str, object]) -> str:
    return _("完成 %(done)s 项，当量 %(points)s，质量分 %(marks)s，得分 %(performance)s，饱和度 %(rate)s") % {
        "done": one["done"], "points": one["points"], "marks": one["marks"], "performance": one["performance"],
        "rate": percent(one["saturation"]),  # type: ignore[arg-type]
    }  # fmt: skip
