"""Pages of team management."""
