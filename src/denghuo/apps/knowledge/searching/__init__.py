"""The search as a service: :func:`ask` for whoever asks, the index behind it, and its health."""

from denghuo.apps.knowledge.searching.asking import Hit, Reply, ask, find

__all__ = ["Hit", "Reply", "ask", "find"]
