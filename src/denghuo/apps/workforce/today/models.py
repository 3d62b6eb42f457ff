"""today: models."""
