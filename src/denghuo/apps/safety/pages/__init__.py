"""Screens of safety on site."""
