"""Which device is open, told from reports over a small feeder."""

import numpy as np
import pytest

from denghuo.engine.outage import Call, DeviceKind, Grade, Observations, Parameters, Reason, forest, infer, still_out

FEEDER, LINE_A, LINE_B, AREA_1, AREA_2, AREA_3 = range(6)
LV = {AREA_1: (6, 7), AREA_2: (8, 9), AREA_3: (10, 11)}
PER_LV = 20


def town():
    """A feeder, two lines, three transformer areas, two low-voltage feeders each, twenty customers at each."""
    kinds = [
        DeviceKind.FEEDER,
        DeviceKind.LINE,
        DeviceKind.LINE,
        *[DeviceKind.TRANSFORMER] * 3,
        *[DeviceKind.LV_FEEDER] * 6,
    ]
    parent = [-1, 0, 0, 1, 1, 2, 3, 3, 4, 4, 5, 5]
    customers = [lv for lv in range(6, 12) for _n in range(PER_LV)]
    return forest(parent, kinds, customers, [True] * len(customers))


def of(device):
    """Customers of a low-voltage feeder."""
    return range((device - 6) * PER_LV, (device - 5) * PER_LV)


def calls(*customers, at=5.0):
    return [Call(customer, at) for customer in customers]


def spread_calls(*devices, each=3, at=5.0):
    return [Call(c, at - n) for d in devices for n, c in enumerate(list(of(d))[:each])]


def test_calls_all_over_a_line_name_the_line_and_not_its_branches():
    found = infer(town(), Observations(now=8.0, calls=spread_calls(6, 7, 8, 9), meters=False))
    assert [one.device for one in found] == [LINE_A]
    assert found[0].grade == Grade.PROBABLE
    assert found[0].customers == 80 and len(found[0].calls) == 12
    assert found[0].reasons == (Reason.CALLS,)


def test_neighbours_calling_name_their_own_low_voltage_feeder():
    found = infer(town(), Observations(now=8.0, calls=calls(0, 3, 7), meters=False))
    assert [one.device for one in found] == [6]


def test_a_single_call_names_nothing():
    assert infer(town(), Observations(now=8.0, calls=calls(0), meters=False)) == []


def test_calls_that_concern_only_the_caller_are_not_grouped():
    own = [Call(c, 5.0, groupable=False) for c in of(6)]
    assert infer(town(), Observations(now=8.0, calls=own, meters=False)) == []


def test_old_calls_that_have_come_back_are_no_outage():
    back = [(c, 7.0) for c in of(6)]
    seen = Observations(now=8.0, calls=calls(0, 3, 7), power_on=back)
    assert infer(town(), seen) == []


def test_last_messages_of_meters_confirm_what_calls_suggest():
    gasps = [(c, 4.0) for d in LV[AREA_3] for c in list(of(d))[:17]]
    found = infer(town(), Observations(now=8.0, calls=calls(*list(of(10))[:2], *list(of(11))[:2]), gasps=gasps))
    # The line above the third area has no other customer: reports cannot tell the two apart.
    assert found[0].device in (LINE_B, AREA_3)
    assert set(found[0].alike) | {found[0].device} == {LINE_B, AREA_3}
    assert found[0].began == 4.0
    assert {Reason.GASPS, Reason.CALLS} <= set(found[0].reasons)


def test_a_tripped_breaker_with_one_call_is_enough():
    found = infer(town(), Observations(now=8.0, calls=calls(0, 41), trips=[(FEEDER, 6.0)], meters=False))
    assert [one.device for one in found] == [FEEDER]
    assert Reason.TRIP in found[0].reasons


def test_what_an_operator_saw_is_believed():
    seen = Observations(now=8.0, calls=spread_calls(6, 7, 8, 9), closed=[LINE_A], opened=[AREA_1], meters=False)
    found = {one.device: one for one in infer(town(), seen)}
    assert LINE_A not in found
    assert found[AREA_1].grade == Grade.CONFIRMED and found[AREA_1].posterior == 1.0


def test_a_customer_with_supply_moves_the_fault_below_them():
    everywhere = Observations(now=8.0, calls=spread_calls(6, 7), meters=False)
    assert infer(town(), everywhere)[0].device == AREA_1
    supplied = [(c, 7.5) for c in list(of(7))[5:9]]
    found = infer(town(), Observations(now=8.0, calls=spread_calls(6, 7), supplied=supplied, meters=False))
    assert AREA_1 not in [one.device for one in found]


def test_a_fault_older_than_the_one_above_it_is_named_beneath_it():
    before = [(c, 2.0) for c in list(of(6))[:16]]
    later = [(c, 60.0) for d in (7, 8, 9, 10, 11) for c in list(of(d))[:16]]
    found = {one.device: one for one in infer(town(), Observations(now=65.0, gasps=before + later))}
    assert set(found) == {FEEDER, 6}
    assert found[6].above == FEEDER and Reason.NESTED in found[6].reasons
    assert found[6].began == pytest.approx(2.0, abs=1.5)


def test_the_chances_add_up_over_every_set_of_open_devices():
    """The compiled passes against summing over all sets by hand."""
    from itertools import product

    from denghuo.engine.outage import kernels

    rng = np.random.default_rng(3)
    parent = np.array([-1, 0, 0, 1, 1, 2], np.int32)
    weight, none = rng.normal(0, 2, 6), np.zeros(6, np.int8)
    own = np.full(6, -50.0)
    opened, posterior = kernels.passes(parent, weight, own, none)
    chances, best, total = np.zeros(6), (-1.0, None), 0.0
    for chosen in product((False, True), repeat=6):
        above = [any(chosen[a] for a in _above(parent, d)) for d in range(6)]
        if any(c and a for c, a in zip(chosen, above, strict=True)):
            continue
        chance = np.exp(sum(weight[d] for d in range(6) if chosen[d]))
        total += chance
        chances += chance * np.array(chosen)
        best = max(best, (chance, chosen))
    assert tuple(opened.tolist()) == best[1]
    assert posterior == pytest.approx(chances / total)


def _above(parent, device):
    while parent[device] >= 0:
        device = parent[device]
        yield device


def test_after_restoring_a_line_the_fuse_behind_it_is_named_before_the_crew_leaves():
    gasps = [(c, 1.0) for d in (6, 7, 8, 9) for c in list(of(d))[:16]]
    back = [(c, 61.0) for d in (6, 7, 8) for c in list(of(d))[:16]]
    left = still_out(town(), Observations(now=70.0, gasps=gasps, power_on=back), LINE_A, restored_at=60.0)
    assert left.silent_meters == tuple(list(of(9))[:16])
    assert [one.device for one in left.devices] == [9]


def test_after_restoring_everything_nobody_is_left():
    gasps = [(c, 1.0) for d in (6, 7, 8, 9) for c in list(of(d))[:16]]
    back = [(c, 61.0) for c, _at in gasps]
    left = still_out(town(), Observations(now=70.0, gasps=gasps, power_on=back), LINE_A, restored_at=60.0)
    assert left.customers == () and left.devices == ()


def test_a_caller_after_restoration_is_kept_until_supply_is_shown():
    seen = Observations(now=70.0, calls=calls(3, at=66.0), meters=False)
    assert still_out(town(), seen, LINE_A, restored_at=60.0).customers == (3,)
    shown = Observations(now=70.0, calls=calls(3, at=66.0), supplied=[(3, 68.0)], meters=False)
    assert still_out(town(), shown, LINE_A, restored_at=60.0).customers == ()


def test_the_count_rule_can_be_switched_off():
    rules = Parameters(rule_calls=0, probable_at=1.1)
    assert infer(town(), Observations(now=8.0, calls=calls(0, 3, 7), meters=False), rules) == []


def test_a_parent_behind_its_child_is_refused():
    with pytest.raises(ValueError, match="before"):
        forest([1, -1], [DeviceKind.FEEDER, DeviceKind.LINE], [0])
