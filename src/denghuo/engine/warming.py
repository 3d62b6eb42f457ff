"""``python -m denghuo.engine.warming [plans]``: compile what decides while people wait into the cache, so that whoever routes
or infers next starts at once. ``plans``: the search behind the dispatch plans, at low priority beside a running platform."""

import os
import sys

if __name__ == "__main__":
    if sys.argv[1:] == ["plans"]:
        from denghuo.engine import dispatch

        os.nice(10)
        print(f"compiled plans ready after {dispatch.warm_up():.1f} s", flush=True)
    else:
        from denghuo.engine import outage, routing

        print(f"compiled rules ready after {routing.warm_up() + outage.warm_up():.1f} s", flush=True)
