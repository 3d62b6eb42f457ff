"""The ten headline indicators as a person would write them in SQL for DuckDB, and the made contacts they are counted from."""

from __future__ import annotations

from pathlib import Path

import duckdb

PROVINCES = 26
DAYS = 30

# A month of contacts, by time. Real-time share, waits and handling times are round figures of a busy centre; columns that no
# headline needs are there too, as in the real fact, so that reading is not easier than it is.
_MADE = """
SELECT i AS id,
    to_timestamp(1772294400 - 28800 + (i * {seconds} // {rows})) AS at,
    (DATE '2026-03-01' + CAST(i * {days} // {rows} AS INTEGER)) AS day,
    CAST((i * {seconds} // {rows}) // 1800 % 48 AS BIGINT) AS half_hour,
    '/1/' || CAST(1 + h % {provinces} AS VARCHAR) || '/' AS org_path,
    'P' || lpad(CAST(h % {provinces} AS VARCHAR), 2, '0') AS province,
    'C' || CAST(h % 340 AS VARCHAR) AS city,
    'D' || CAST(h % 2800 AS VARCHAR) AS county,
    CASE WHEN c < 70 THEN 'voice' WHEN c < 85 THEN 'web_chat' WHEN c < 95 THEN 'wechat' ELSE 'email' END AS channel,
    'Q' || CAST(h % 12 AS VARCHAR) AS queue,
    c < 95 AS real_time,
    c < 80 AS manned,
    c < 80 AND w > 0 AS queued,
    c < 80 AND a >= 5 AS answered,
    c < 80 AND a < 5 AS abandoned,
    CASE WHEN c < 80 THEN w END AS wait_seconds,
    CASE WHEN c < 80 AND a >= 5 THEN 60 + (h >> 9) % 400 END AS talk_seconds,
    CASE WHEN c < 80 AND a >= 5 THEN CASE WHEN (h >> 3) % 10 = 0 THEN (h >> 11) % 60 ELSE 0 END END AS hold_seconds,
    CASE WHEN c < 80 AND a >= 5 THEN 10 + (h >> 7) % 80 END AS wrap_seconds,
    c < 80 AND a >= 5 AND (h >> 4) % 40 = 0 AS transferred,
    c >= 80 AND (h >> 5) % 10 < 8 AS self_served,
    c < 80 AND a >= 5 AND (h >> 6) % 100 < 88 AS resolved_first,
    (h >> 8) % 100 < 7 AS repeated
FROM (
    SELECT i, h, CAST(h % 100 AS INTEGER) AS c, CAST((h >> 10) % 100 AS INTEGER) AS a,
        CAST(CASE WHEN (h >> 12) % 3 > 0 THEN 0 ELSE (h >> 13) % 90 END AS BIGINT) AS w
    FROM (SELECT i, CAST(hash(i) >> 1 AS BIGINT) AS h FROM range({begin}, {end}) made(i))
)
"""
COLUMNS = (
    "id bigint, at timestamptz, day date, half_hour bigint, org_path text, province text, city text, county text, channel text, queue text,"
    " real_time boolean, manned boolean, queued boolean, answered boolean, abandoned boolean, wait_seconds bigint,"
    " talk_seconds bigint, hold_seconds bigint, wrap_seconds bigint, transferred boolean, self_served boolean,"
    " resolved_first boolean, repeated boolean"
)

_LIVE = "real_time AND manned"
_TAKEN = "real_time AND manned AND answered"
FIGURES = {
    "service_level": f"count(*) FILTER (WHERE {_TAKEN} AND wait_seconds <= 20) / count(*) FILTER (WHERE {_LIVE})",
    "connect_rate": f"count(*) FILTER (WHERE {_TAKEN}) / count(*) FILTER (WHERE {_LIVE})",
    "abandon_rate": f"count(*) FILTER (WHERE {_LIVE} AND abandoned) / count(*) FILTER (WHERE {_LIVE})",
    "att": f"avg(talk_seconds + hold_seconds) FILTER (WHERE {_TAKEN})",
    "acw": f"avg(wrap_seconds) FILTER (WHERE {_TAKEN})",
    "aht": f"avg(talk_seconds + hold_seconds + wrap_seconds) FILTER (WHERE {_TAKEN})",
    "transfer_rate": f"count(*) FILTER (WHERE {_TAKEN} AND transferred) / count(*) FILTER (WHERE {_TAKEN})",
    "fcr": f"count(*) FILTER (WHERE {_TAKEN} AND resolved_first) / count(*) FILTER (WHERE {_LIVE})",
    "repeat_rate": f"count(*) FILTER (WHERE {_LIVE} AND repeated) / count(*) FILTER (WHERE {_LIVE})",
    "self_service_rate": "count(*) FILTER (WHERE self_served) / count(*)",
}


def by_hand(code: str, table: str) -> str:
    """The query: province × day × half hour of business time."""
    return f"SELECT province, day AS period, half_hour, {FIGURES[code]} AS value FROM {table} GROUP BY 1, 2, 3"


def by_hand_together(table: str) -> str:
    """All ten in one query."""
    figures = ", ".join(f"{figure} AS {code}" for code, figure in FIGURES.items())
    return f"SELECT province, day AS period, half_hour, {figures} FROM {table} GROUP BY 1, 2, 3"


def make(folder: Path, rows: int, part: int = 5_000_000) -> list[str]:
    """Parquet files of ``rows`` contacts, in order of time; returns their names."""
    made = []
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'; SET threads = 2")
        for number, begin in enumerate(range(0, rows, part)):
            name = str(folder / f"contacts-{number:03d}.parquet")
            query = _MADE.format(
                seconds=DAYS * 86400,
                days=DAYS,
                rows=rows,
                provinces=PROVINCES,
                begin=begin,
                end=min(rows, begin + part),
            )
            engine.execute(f"COPY ({query}) TO '{name}' (FORMAT parquet)")
            made.append(name)
    return made
