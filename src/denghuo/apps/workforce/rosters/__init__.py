"""Rosters: shift library, periods, plans by month, week and day, wishes, swaps."""
