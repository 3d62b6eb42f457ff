"""Telling other systems by HTTP what happened: signed, repeated until taken, never to an address of our own house."""
