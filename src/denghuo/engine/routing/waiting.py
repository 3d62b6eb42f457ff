"""How long a contact will wait, for the announcement and the customer's page.

Model: M/M/n+M seen by a customer who finds all n servers busy and k customers ahead (Whitt 1999, "Improving service by
informing customers about anticipated delays", Management Science 45(2); Ibrahim & Whitt 2009 call the mean QLM). With
service rate mu = 1 / mean handling time and abandonment rate theta = 1 / mean patience, the customer moves up one place
at rate n·mu + j·theta while j customers are ahead, and enters service at the next completion:

    wait = sum over j = 0..k of Exp(n·mu + j·theta)

Without abandonment this is an Erlang(k + 1) variable with mean (k + 1)·AHT / n. The 90 % point comes from the gamma
distribution with the same mean and variance by the Wilson-Hilferty formula (1931): 1 % off the exact value for nobody
ahead, less from there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

# The 90 % point of the standard normal distribution.
_Z90 = 1.2815515655446004
# From here on the terms differ so little that a sum over places gains nothing (and a queue of 10^6 must not cost time).
_LONGEST = 100_000


@dataclass(frozen=True)
class WaitEstimate:
    """Seconds. ``mean`` is what to show on average; ``p90`` is exceeded by one contact in ten. inf: nobody is able."""

    mean: float
    p90: float


def expected_wait(
    ahead: int,
    able_agents: int,
    busy: int,
    mean_handle_seconds: float,
    *,
    slots_per_agent: int = 1,
    mean_patience_seconds: float | None = None,
    share: float = 1.0,
) -> WaitEstimate:
    """Expected wait of a contact with ``ahead`` contacts before it in score order.

    ``able_agents`` may take it and are signed in for it (ready, busy or in wrap-up); ``busy`` of their
    ``able_agents * slots_per_agent`` places are taken. ``mean_handle_seconds`` includes wrap-up. ``share`` (0, 1] is
    the part of these agents' completions that reaches this queue when they serve others too. Places still free serve
    those ahead first: with more free places than contacts ahead the wait is 0.
    Raises ValueError for negative counts, a handling time or patience <= 0, a share outside (0, 1].

    >>> expected_wait(ahead=4, able_agents=10, busy=10, mean_handle_seconds=300).mean
    150.0
    """
    if ahead < 0 or able_agents < 0 or busy < 0 or slots_per_agent < 1:
        raise ValueError("counts must not be negative")
    if not mean_handle_seconds > 0 or (mean_patience_seconds is not None and not mean_patience_seconds > 0):
        raise ValueError("mean handling time and patience must be above 0 seconds")
    if not 0 < share <= 1:
        raise ValueError("share must be above 0 and at most 1")
    servers = able_agents * slots_per_agent
    if servers == 0:
        return WaitEstimate(math.inf, math.inf)
    free = max(0, servers - busy)
    if ahead < free:
        return WaitEstimate(0.0, 0.0)
    leaving = 1.0 / mean_patience_seconds if mean_patience_seconds else 0.0
    return _sum_of_stages(ahead - free, servers * share / mean_handle_seconds, leaving)


def _sum_of_stages(places: int, served: float, leaving: float) -> WaitEstimate:
    if leaving == 0.0:
        mean, variance = (places + 1) / served, (places + 1) / served**2
    else:
        summed = min(places, _LONGEST)
        mean = math.fsum(1.0 / (served + j * leaving) for j in range(summed + 1))
        variance = math.fsum(1.0 / (served + j * leaving) ** 2 for j in range(summed + 1))
        mean += math.log((served + places * leaving) / (served + summed * leaving)) / leaving
    ninth = variance / (9 * mean**2)  # 1 / (9 · shape of the gamma distribution)
    return WaitEstimate(mean, mean * (1 - ninth + _Z90 * math.sqrt(ninth)) ** 3)
