"""The systems a service centre works with, each behind a port and a documented contract (docs/reference/adapters.md)."""
