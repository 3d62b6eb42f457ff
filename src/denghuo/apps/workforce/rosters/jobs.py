"""rosters: jobs."""
