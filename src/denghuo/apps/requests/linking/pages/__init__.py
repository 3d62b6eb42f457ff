"""Screens of links: the panel beside a request, suggestions while typing, repeated matters, frequent outages."""
