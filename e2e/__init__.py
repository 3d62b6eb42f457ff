"""Tests that drive the whole product in a real browser."""
