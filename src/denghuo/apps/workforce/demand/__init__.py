"""Demand: forecasts, their accuracy, required heads, what-if runs."""
