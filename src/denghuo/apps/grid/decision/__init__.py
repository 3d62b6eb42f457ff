"""Faults counted for decisions: by voltage level, equipment, cause, area and month, and devices that fail again and again."""
