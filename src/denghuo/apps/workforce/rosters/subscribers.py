"""rosters: subscribers."""
