"""Calls after the work: who is called, what is asked, what becomes of the answers."""
