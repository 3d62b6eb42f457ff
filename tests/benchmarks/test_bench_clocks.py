"""The measurement of the sweep tells of exactly what is due, whichever way it sweeps."""

from __future__ import annotations

import pytest

from benchmarks import bench_clocks

pytestmark = pytest.mark.django_db


def test_each_way_of_sweeping_tells_of_the_due_clocks_once() -> None:
    bench_clocks.fill(3000, 40, analyse=False)
    figures, peer = bench_clocks.measure(3000, 40, 2)
    assert (figures["open_clocks"], figures["due"]) == (3000, 40)
    assert figures["sweep_s"]["median"] > 0 and peer["loop_s"] > 0 and peer["no_index_s"] > 0
