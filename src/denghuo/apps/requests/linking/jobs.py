"""Nightly work of the links."""

from denghuo.apps.requests.linking.outages import recompute_all
from denghuo.core.actors import Actor
from denghuo.core.jobs import periodic


@periodic("22 1 * * *", name="requests.frequent_outages", retries=2)
def count_outages() -> None:
    """The window moves on: areas with frequent outages are counted anew."""
    recompute_all(Actor.system("requests.frequent_outages"))
