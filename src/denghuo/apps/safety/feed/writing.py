"""The statements of the feed: a whole batch in one of each."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from denghuo.apps.safety.models import Tracker
from denghuo.core import prepared

Key = tuple[int, dt.datetime, int]

_KNOWN = (
    "SELECT p.tracker_id, p.at, p.seq FROM safety_position p"
    " JOIN unnest($1::bigint[], $2::timestamptz[], $3::bigint[]) AS k(t, a, s)"
    " ON p.tracker_id = k.t AND p.at = k.a AND p.seq = k.s"
)
_POSITIONS = (
    "INSERT INTO safety_position (tracker_id, at, seq, lon, lat, accuracy, believed)"
    " SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::float8[], $5::float8[], $6::float8[],"
    " $7::bool[])"
)
_HAZARDS = (
    "INSERT INTO safety_hazard (tracker_id, kind, at, seq, substance, value, unit)"
    " SELECT * FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::bigint[], $5::text[], $6::float8[],"
    " $7::text[]) ON CONFLICT DO NOTHING RETURNING tracker_id, at, seq, kind"
)
_TRACKERS = (
    "UPDATE safety_tracker t SET lon = d.lon, lat = d.lat, accuracy = d.accuracy, positioned_at = d.positioned_at,"
    " heard_at = d.heard_at, battery = d.battery, inside = d.inside, doubts = d.doubts, strange = d.strange"
    " FROM jsonb_to_recordset($1::jsonb) AS d(id bigint, lon float8, lat float8, accuracy float8,"
    " positioned_at timestamptz, heard_at timestamptz, battery smallint, inside bigint[], doubts jsonb, strange jsonb)"
    " WHERE t.id = d.id"
)
_REFUSALS = (
    "INSERT INTO safety_refusal (digest, topic, reason, detail, payload, first_at, last_at, times)"
    " SELECT d, t, r, e, p, now(), now(), 1"
    " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) AS n(d, t, r, e, p)"
    " ON CONFLICT (digest) DO UPDATE SET times = safety_refusal.times + 1, last_at = now()"
)
_COUNTS = (
    "INSERT INTO safety_feedstate AS f (name, address, connected, message_at, taken, repeated, refused, batches, error)"
    " VALUES ('mqtt', '', false, now(), $1, $2, $3, 1, '') ON CONFLICT (name) DO UPDATE SET message_at = now(),"
    " taken = f.taken + $1, repeated = f.repeated + $2, refused = f.refused + $3, batches = f.batches + 1"
)


def known_positions(keys: Sequence[Key]) -> set[Key]:
    """Which of these readings are there already (index of ``safety_position_once``)."""
    if not keys:
        return set()
    tracker_ids, times, seqs = (list(column) for column in zip(*keys, strict=True))
    return {(row[0], row[1], row[2]) for row in prepared.execute(_KNOWN, [tracker_ids, times, seqs])}


def add_positions(rows: Sequence[tuple[Any, ...]]) -> None:
    """Write readings: tracker, time, seq, lon, lat, accuracy, believed."""
    if rows:
        prepared.execute(_POSITIONS, [list(column) for column in zip(*rows, strict=True)])


def add_hazards(rows: Sequence[tuple[Any, ...]]) -> set[tuple[int, dt.datetime, int, str]]:
    """Write hazards (tracker, kind, time, seq, substance, value, unit); gives the keys of those that are new."""
    if not rows:
        return set()
    found = prepared.execute(_HAZARDS, [list(column) for column in zip(*rows, strict=True)])
    return {(row[0], row[1], row[2], row[3]) for row in found}


def save_trackers(trackers: Iterable[Tracker]) -> None:
    """Write what the feed knows of trackers."""
    rows = [
        {
            "id": t.pk, "lon": t.lon, "lat": t.lat, "accuracy": t.accuracy, "positioned_at": _text(t.positioned_at),
            "heard_at": _text(t.heard_at), "battery": t.battery, "inside": t.inside, "doubts": t.doubts,
            "strange": t.strange,
        }
        for t in trackers
    ]  # fmt: skip
    if rows:
        prepared.execute(_TRACKERS, [json.dumps(rows)])


def _text(value: dt.datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def add_refusals(rows: Iterable[tuple[str, bytes, str, str]]) -> None:
    """Keep refused messages (topic, payload, reason, detail), each once with a count."""
    columns: dict[str, tuple[str, str, str, str]] = {}
    for topic, payload, reason, detail in rows:
        digest = hashlib.sha256(topic.encode("utf-8", "replace") + b"\0" + payload).hexdigest()
        shown = payload[:500].decode("utf-8", "replace").replace("\x00", "\ufffd")[:500]
        columns[digest] = (topic.replace("\x00", "")[:200], reason, detail[:200], shown)
    if columns:
        values = [list(columns), *(list(column) for column in zip(*columns.values(), strict=True))]
        prepared.execute(_REFUSALS, values)


def count(taken: int, repeated: int, refused: int) -> None:
    """Add to the counts of the feed, in the transaction of what is counted."""
    prepared.execute(_COUNTS, [taken, repeated, refused])
