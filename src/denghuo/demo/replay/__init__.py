"""A past day, driven through the public API: real arrival counts, real outages, invented people."""

from denghuo.demo.replay.cli import cli as replay

__all__ = ["replay"]
