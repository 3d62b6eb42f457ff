"""Every change to channels and service functions."""

from denghuo.apps.channels.actions.editing import edit_function, sync_functions
from denghuo.apps.channels.actions.opening import close_channel, open_channel, reopen_due
from denghuo.apps.channels.actions.probing import record_look
from denghuo.apps.channels.actions.publishing import (
    inherit_publication,
    publish,
    reorder,
    switch_function_off,
    switch_function_on,
    withdraw_publication,
)
from denghuo.apps.channels.actions.running import run_function
from denghuo.apps.channels.actions.uses import abandon_use, fail_use, finish_use, hand_over_use, start_use

__all__ = [
    "abandon_use",
    "close_channel",
    "edit_function",
    "fail_use",
    "finish_use",
    "hand_over_use",
    "inherit_publication",
    "open_channel",
    "publish",
    "record_look",
    "reopen_due",
    "reorder",
    "run_function",
    "start_use",
    "switch_function_off",
    "switch_function_on",
    "sync_functions",
    "withdraw_publication",
]
