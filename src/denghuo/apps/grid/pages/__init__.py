"""Screens of the grid app: outages and filings for staff, and the base map."""

from denghuo.apps.grid.pages.detail import (
    outage_cancel,
    outage_delay,
    outage_page,
    outage_release,
    outage_restore,
    outage_return,
    outage_start,
    outage_submit,
    outage_update,
)
from denghuo.apps.grid.pages.editor import feeder_transformers, outage_edit, outage_new, outage_preview
from denghuo.apps.grid.pages.filings import (
    filing_new,
    filing_page,
    filing_review,
    filing_suspend,
    filing_withdraw,
    filings_here,
    filings_page,
)
from denghuo.apps.grid.pages.households import outage_households
from denghuo.apps.grid.pages.indices import indices_page
from denghuo.apps.grid.pages.lists import outages_page
from denghuo.apps.grid.pages.maps import base_map, points, supply

__all__ = [
    "base_map",
    "feeder_transformers",
    "filing_new",
    "filing_page",
    "filing_review",
    "filing_suspend",
    "filing_withdraw",
    "filings_here",
    "filings_page",
    "indices_page",
    "outage_cancel",
    "outage_delay",
    "outage_edit",
    "outage_households",
    "outage_new",
    "outage_page",
    "outage_preview",
    "outage_release",
    "outage_restore",
    "outage_return",
    "outage_start",
    "outage_submit",
    "outage_update",
    "outages_page",
    "points",
    "supply",
]
