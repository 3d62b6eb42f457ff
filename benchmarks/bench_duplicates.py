"""Suggested duplicates against what was merged: precision and recall, beside the plain rule "same transformer or phone".

Read from the installation's own history (the simulated province, or a real one): every fault report is compared with those
told within ``request.duplicate_hours`` before it. Two reports are truly one matter when they stood in one merged group or
were explained by one outage. Both ways see the same pairs. Nothing is written.
"""

from __future__ import annotations

import argparse
import datetime as dt
import time
from collections.abc import Iterable
from typing import Any

from benchmarks.common import emit, say


def main(argv: list[str]) -> None:
    """Options: ``--days`` back (90), ``--most`` reports (3000)."""
    parser = argparse.ArgumentParser(prog="denghuo bench duplicates")
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--most", type=int, default=3000)
    options = parser.parse_args(argv)
    import django

    django.setup()
    from denghuo.apps.requests.linking.comparing import facts_of, weights_for
    from denghuo.apps.requests.models import Request
    from denghuo.core import moment, policies
    from denghuo.engine.duplicates import score

    since = moment.now() - dt.timedelta(days=options.days)
    rows = list(
        Request.objects.filter(type="fault_report", submitted_at__gte=since)
        .select_related("org", "transformer")
        .order_by("submitted_at", "pk")[: options.most]
    )
    window = dt.timedelta(hours=policies.get("request.duplicate_hours"))
    weights, least = weights_for(None, moment.now()), policies.get("duplicate.suggest")
    strong = policies.get("duplicate.strong")
    facts = {row.pk: facts_of(row) for row in rows}
    pairs = list(_pairs(rows, window))
    began = time.perf_counter()
    values = [score(facts[a.pk], facts[b.pk], weights).value for a, b in pairs]
    spent = time.perf_counter() - began
    truth = [_one_matter(a, b) for a, b in pairs]
    plain = [_plain(a, b) for a, b in pairs]
    say(f"{len(rows)} reports, {len(pairs)} pairs, {sum(truth)} truly one matter")
    figures: dict[str, Any] = {
        "reports": len(rows),
        "pairs": len(pairs),
        "true_pairs": sum(truth),
        "suggest": _figures([value >= least for value in values], truth),
        "strong": _figures([value >= strong for value in values], truth),
        "microseconds_a_pair": round(1e6 * spent / max(1, len(pairs)), 1),
    }
    emit("duplicates", figures, {"same_transformer_or_phone": _figures(plain, truth)})


def _pairs(rows: list[Any], window: dt.timedelta) -> Iterable[tuple[Any, Any]]:
    for i, later in enumerate(rows):
        for earlier in reversed(rows[:i]):
            if later.submitted_at - earlier.submitted_at > window:
                break
            if earlier.org_id == later.org_id:
                yield earlier, later


def _one_matter(one: Any, other: Any) -> bool:
    group = (one.master_id or one.pk) == (other.master_id or other.pk)
    return group or (one.outage_id is not None and one.outage_id == other.outage_id)


def _plain(one: Any, other: Any) -> bool:
    phone = one.caller_phone_bidx and one.caller_phone_bidx == other.caller_phone_bidx
    return bool(phone or (one.transformer_id and one.transformer_id == other.transformer_id))


def _figures(said: list[bool], truth: list[bool]) -> dict[str, float | int]:
    hits = sum(a and b for a, b in zip(said, truth, strict=True))
    return {
        "suggested": sum(said),
        "precision": round(hits / max(1, sum(said)), 3),
        "recall": round(hits / max(1, sum(truth)), 3),
    }


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
