"""today: subscribers."""
