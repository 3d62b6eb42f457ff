"""Every change of outages and filings."""

from denghuo.apps.grid.actions.changing import (
    cancel_outage,
    delay_outage,
    restore_accounts,
    restore_outage,
    set_outage_master,
    start_outage,
    update_outage,
)
from denghuo.apps.grid.actions.common import MANAGE, MOST_ACCOUNTS, MOST_TRANSFORMERS, REVIEW, topics_of
from denghuo.apps.grid.actions.filings import file_matter, review_filing, suspend_filing, withdraw_filing
from denghuo.apps.grid.actions.releasing import (
    draft_outage,
    notice_met,
    open_outage,
    release_outage,
    return_outage,
    submit_outage,
)
from denghuo.apps.grid.actions.watching import watch_outages

__all__ = [
    "MANAGE",
    "MOST_ACCOUNTS",
    "MOST_TRANSFORMERS",
    "REVIEW",
    "cancel_outage",
    "delay_outage",
    "draft_outage",
    "file_matter",
    "notice_met",
    "open_outage",
    "release_outage",
    "restore_accounts",
    "restore_outage",
    "return_outage",
    "review_filing",
    "set_outage_master",
    "start_outage",
    "submit_outage",
    "suspend_filing",
    "topics_of",
    "update_outage",
    "watch_outages",
    "withdraw_filing",
]
