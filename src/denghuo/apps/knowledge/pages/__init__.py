"""Screens of the knowledge base."""
