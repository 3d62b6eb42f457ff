"""Screens around the call-back desk."""
