"""Every change of state of the assistant."""
