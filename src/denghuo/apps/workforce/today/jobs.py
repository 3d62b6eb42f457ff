"""today: jobs."""
