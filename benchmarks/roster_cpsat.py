"""CP-SAT on one instance of the shift scheduling benchmark: ``roster_cpsat.py FILE SECONDS``; JSON on the last line.

A plain model: a variable for each person, day and shift. Two workers for half the wall time, so that processor seconds equal.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from ortools.sat.python import cp_model

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.roster_verdict import sections

WORKERS = 2


def main() -> None:
    """Solve and print."""
    path, seconds = Path(sys.argv[1]), float(sys.argv[2])
    parts = sections(path)
    model = cp_model.CpModel()
    cells, cost = build(model, parts)
    model.minimize(cost)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = WORKERS
    solver.parameters.max_time_in_seconds = seconds / WORKERS
    began = time.process_time()
    status = solver.solve(model)
    spent = time.process_time() - began
    found: dict[str, Any] = {"cpu_s": round(spent, 1), "cost": None, "lines": {}}
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        days = int(parts["HORIZON"][0][0])
        found["cost"] = solver.objective_value
        found["lines"] = {who: ["" for _ in range(days)] for who in cells}
        for who, table in cells.items():
            for (day, shift), variable in table.items():
                if solver.value(variable):
                    found["lines"][who][day] = shift
    found["bound"] = solver.best_objective_bound
    print(json.dumps(found))


def build(model: Any, parts: dict[str, list[list[str]]]) -> tuple[dict[str, dict[tuple[int, str], Any]], Any]:
    """(variables by person, cost)."""
    days = range(int(parts["HORIZON"][0][0]))
    shifts = [row[0] for row in parts["SHIFTS"]]
    cells = {
        row[0]: {(day, shift): model.new_bool_var("") for day in days for shift in shifts} for row in parts["STAFF"]
    }
    for row in parts["STAFF"]:
        person_rules(model, parts, row, cells[row[0]])
    terms = []
    for who, day, shift, weight in parts.get("SHIFT_ON_REQUESTS", []):
        terms.append(int(weight) * (1 - cells[who][int(day), shift]))
    for who, day, shift, weight in parts.get("SHIFT_OFF_REQUESTS", []):
        terms.append(int(weight) * cells[who][int(day), shift])
    for day, shift, heads, under, over in parts["COVER"]:
        short, more = model.new_int_var(0, len(cells), ""), model.new_int_var(0, len(cells), "")
        model.add(sum(table[int(day), shift] for table in cells.values()) + short - more == int(heads))
        terms.append(int(under) * short + int(over) * more)
    return cells, sum(terms)


def person_rules(
    model: Any, parts: dict[str, list[list[str]]], row: list[str], table: dict[tuple[int, str], Any]
) -> None:
    """Hard rules of one person."""
    days = int(parts["HORIZON"][0][0])
    length = {one[0]: int(one[1]) for one in parts["SHIFTS"]}
    most_minutes, least_minutes, most_run, least_run, least_off, weekends = (int(field) for field in row[2:8])
    on = [model.new_bool_var("") for _ in range(days)]
    for day in range(days):
        model.add(sum(table[day, shift] for shift in length) == on[day])
    for pair in row[1].split("|"):
        shift, most = pair.split("=")
        model.add(sum(table[day, shift] for day in range(days)) <= int(most))
    model.add_linear_constraint(
        sum(minutes * table[day, shift] for shift, minutes in length.items() for day in range(days)),
        least_minutes,
        most_minutes,
    )
    for one in parts["SHIFTS"]:
        for later in one[2].split("|") if len(one) > 2 and one[2] else []:
            for day in range(days - 1):
                model.add(table[day, one[0]] + table[day + 1, later] <= 1)
    for first in range(days - most_run):
        model.add(sum(on[first : first + most_run + 1]) <= most_run)
    runs(model, on, least_run, least_off)
    worked = []
    for saturday in range(5, days, 7):
        flag = model.new_bool_var("")
        for day in range(saturday, min(saturday + 2, days)):
            model.add(on[day] <= flag)
        worked.append(flag)
    model.add(sum(worked) <= weekends)
    for away in parts.get("DAYS_OFF", []):
        if away[0] == row[0]:
            for day_off in away[1:]:
                model.add(on[int(day_off)] == 0)


def runs(model: Any, on: list[Any], least_run: int, least_off: int) -> None:
    """No run inside the horizon shorter than allowed."""
    days = len(on)
    for size in range(1, least_run):
        for first in range(days - size - 1):
            inner = on[first + 1 : first + 1 + size]
            model.add_bool_or([on[first], on[first + size + 1], *(one.negated() for one in inner)])
    for size in range(1, least_off):
        for first in range(days - size - 1):
            inner = on[first + 1 : first + 1 + size]
            model.add_bool_or([on[first].negated(), on[first + size + 1].negated(), *inner])


if __name__ == "__main__":
    main()
