"""Workforce: what traffic is expected, how many people it takes, who works when, and what to do when the day differs."""
