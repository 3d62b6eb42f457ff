"""today: event_kinds."""
