"""Measurements, each beside a named peer in the same run. Start with ``denghuo bench``."""
