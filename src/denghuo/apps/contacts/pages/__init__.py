"""Pages of the contacts app."""

from denghuo.apps.contacts.pages import desk

__all__ = ["desk"]
