"""Small tables that a person can count by hand. Columns left out are empty; ``-`` is empty, ``1``/``0`` in a flag yes/no.

Rows of days in February are the period before; all figures without "before" are counted over March 2026.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa

from denghuo.engine.indicators import FACTS, ColumnType, Fact

MARCH = (dt.date(2026, 3, 1), dt.date(2026, 4, 1))
FEBRUARY = (dt.date(2026, 2, 1), dt.date(2026, 3, 1))

_ARROW = {
    ColumnType.TEXT: pa.string(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.NUMBER: pa.float64(),
    ColumnType.FLAG: pa.bool_(),
    ColumnType.MOMENT: pa.timestamp("us", "UTC"),
    ColumnType.DAY: pa.date32(),
}

TABLES = {
    "contacts": """
day channel real_time manned queued answered abandoned wait_seconds first_response_seconds talk_seconds hold_seconds wrap_seconds transferred repeated resolved_first request_type
2 voice    1 1 0 1 0  0    0 120  0 30 0 0 1 fault_report
3 voice    1 1 1 1 0 15   15 200 40 60 1 1 0 consulting
3 voice    1 1 1 1 0 45   45 300 20 90 0 0 1 consulting
2 voice    1 1 1 0 1  3    -   -  -  - 0 1 0 -
3 voice    1 1 1 0 1 60    -   -  -  - 0 0 0 -
3 web_chat 1 1 0 1 0  2    2 400  0 20 0 0 1 service_request
2 web_chat 1 0 0 0 0  -    1   -  -  - 0 0 - -
3 wechat   1 0 0 0 0  -    1   -  -  - 0 0 - -
2 email    0 0 0 0 0  - 1800   -  -  - 0 0 - -
3 sms      0 0 0 0 0  - 5400   -  -  - 0 0 - -
-2 voice   1 1 0 1 0 10 1816 240  0 60 0 0 1 consulting
-2 voice   1 1 1 0 1 30    -   -  -  - 0 0 0 -
""",
    "contacts+": """
robot_offered robot_answered knowledge_found robot_solved self_served business_handled business_error urgent_message
0 0 0 0 0 1 0 0
0 0 0 0 0 1 1 0
1 1 1 0 0 0 0 0
0 0 0 0 0 0 0 0
0 0 0 0 0 0 0 0
1 1 0 0 0 1 0 0
1 1 1 1 1 1 0 0
1 0 0 0 0 0 0 0
0 0 0 0 0 1 1 1
0 0 0 0 0 0 0 1
0 0 0 0 0 0 0 0
0 0 0 0 0 0 0 0
""",
    "agent_time": """
day logged_in_seconds aux_seconds handling_seconds scheduled_seconds adhered_seconds paid_seconds available_seconds seat_seconds
2 14400 1800 9000 14400 12960 15000 12000 14400
3  7200  600 5400  7200  7200  7200  6000 10800
""",
    "forecasts": """
day forecast actual
2 100 110
3  60  40
""",
    "requests": """
day request_type items_due items_filled items_right archive_items_due archive_items_filled dispatched returned reviewed passed_first closed solved solved_first correct feedback_days feedbacks urged
2 fault_report 10 10 9 8 8 1 0 1 1 1 1 1 1 2 4 0
2 fault_report 10  9 9 8 6 1 1 1 0 1 1 0 1 1 1 1
3 consulting    5  5 5 4 4 0 - 0 - 1 1 1 0 1 2 0
3 complaint    10  8 8 - - 1 0 0 - 0 0 - 0 3 4 0
-2 fault_report - - - - - - - - - 1 1 - - - - -
""",
    "requests+": """
response_seconds dispatch_seconds completion_seconds total_seconds diagnosis_seconds notification_seconds resolution_seconds
 300  600 2700 3600  600 300 2700
 900 1200 5100 7200 1200 300 5100
 600    -    -  600    -   -    -
1200  600    -    -    -   -    -
   -    -    - 9000    -   -    -
""",
    "clocks": """
day family step real_time elapsed_seconds met promise
2 flow  register    1  200 1 0
2 flow  register    1  400 0 0
2 flow  accept      1    - 1 1
2 flow  assign      0    - 0 0
2 flow  process     0 3600 1 0
2 flow  process     1 1200 1 0
2 flow  reply       0    - 1 1
2 flow  reply       1    - 0 1
2 flow  reply       1    - 1 0
3 flow  archive     1    - 1 0
3 flow  dispatch    1    - 1 0
3 flow  dispatch    1    - 0 0
3 field arrive      1    - 1 1
3 field arrive      1    - 1 1
3 field arrive      1    - 0 1
3 agent answer      1    - 1 0
3 agent answer      1    - 0 0
3 agent answer      1    - 1 0
3 agent answer      1    - 1 0
3 flow  outage_info 0    - 1 0
""",
    "field_orders": """
day planned finished rework fixed_first arrive_seconds work_seconds work_points capacity_points distance_score skill_score load_score
2 1 1 0 1 1800 3600 2 4 0.8 1.0 0.5
2 0 1 1 0 2700 1800 3 4 0.6 0.5 0.7
3 1 1 0 1  900 5400 1 2 1.0 0.9 0.6
3 1 0 - -    -    - 0 0 0.4 0.6 0.2
""",
    "call_backs": """
day called reached satisfied dissatisfied dissatisfied_called
2 1 1 1 0 -
2 1 1 0 1 1
2 1 1 1 0 -
3 1 0 - - -
3 0 - - - -
3 1 1 0 1 0
""",
    "surveys": """
day touchpoint answered score satisfied recommend effort servqual_expected servqual_perceived
2 call_back  1 5 1 10 5 7 6
2 call_back  1 2 0  3 2 6 3
2 diagnosis  1 4 1  9 4 6 6
3 diagnosis  1 5 1  8 - - -
3 diagnosis  0 - -  - - - -
3 acceptance 1 4 1  9 3 - -
-2 call_back 1 - 1  - - - -
-2 diagnosis 1 - 0  - - - -
-2 diagnosis 1 - 1  - - - -
""",
    "complaints": """
day closed solved_first response_hours solve_hours
2 1 1  24 200
2 1 0 100 230
3 1 1 200 300
3 0 -   -   -
""",
    "touchpoint_checks": """
day compliant
2 1
2 1
3 1
3 0
""",
    "inspections": """
day score passed fatal automatic reviewed agreed records_checked records_right
2  90 1 0 1 1 1 10 10
2  80 1 0 1 1 1  5  4
2 100 1 0 1 1 0  -  -
3  70 0 1 1 0 -  -  -
3  85 1 0 0 0 -  5  5
""",
    "coaching": """
day monitored feedback
2 1 0
2 1 1
3 1 0
3 0 1
3 1 0
""",
    "staff_months": """
day present_share left certified trained skill_passed due_shifts worked_shifts asked satisfied
1 1.0 0 1 1 1 20 20 1 1
1 1.0 0 1 1 0 20 19 1 0
1 1.0 0 1 0 1 20 18 1 1
1 0.5 1 0 0 1 10  6 0 -
""",
    "training": """
day group before after
2 intervention 60 75
2 intervention 80 85
3 control      70 65
3 control      50  -
""",
    "households": """
day accounts
1 25000
1 15000
""",
    "costs": """
day yuan
2 120
3  80
""",
    "downtime": """
day kind service_seconds outage_seconds
2 line        86400  864
3 line        86400    0
3 application 86400 4320
""",
    "assessments": """
day assessment weight score applicable
2 facility 3 1.0 1
2 facility 1 0.5 1
2 facility 2 0.0 0
3 maturity 2 8.0 1
3 maturity 3 6.0 1
""",
}


def tables() -> dict[str, pa.Table]:
    """Fact → its rows; every fact of the registry is there."""
    return {code: arrow(fact, _rows(code)) for code, fact in FACTS.items()}


def arrow(fact: Fact, rows: list[dict[str, Any]]) -> pa.Table:
    """Rows with only some columns as a table with all of them."""
    fields = [(column.name, _ARROW[column.type]) for column in fact.columns]
    return pa.table(
        {name: pa.array([row.get(name) for row in rows], type_) for name, type_ in fields}, schema=pa.schema(fields)
    )


def _rows(code: str) -> list[dict[str, Any]]:
    rows = _read(code, TABLES[code])
    if f"{code}+" in TABLES:
        more = _read(code, TABLES[f"{code}+"])
        rows = [first | second for first, second in zip(rows, more, strict=True)]
    for number, row in enumerate(rows, start=1):
        row["id"] = number
        # Half past eight in the morning, business time.
        row["at"] = dt.datetime.combine(row["day"], dt.time(0, 30), dt.UTC)
        row["half_hour"] = 17
    return rows


def _read(code: str, text: str) -> list[dict[str, Any]]:
    head, *lines = text.strip().splitlines()
    names = head.split()
    return [
        {name: _value(FACTS[code], name, cell) for name, cell in zip(names, line.split(), strict=True)}
        for line in lines
    ]


def _value(fact: Fact, name: str, cell: str) -> Any:
    kind = fact.column(name).type
    if kind is ColumnType.DAY:
        day = int(cell)
        return dt.date(2026, 3, day) if day > 0 else dt.date(2026, 2, -day)
    if cell == "-":
        return None
    if kind is ColumnType.FLAG:
        return cell == "1"
    return {ColumnType.INTEGER: int, ColumnType.NUMBER: float, ColumnType.TEXT: str}[kind](cell)
