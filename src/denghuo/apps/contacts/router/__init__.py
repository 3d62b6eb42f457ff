"""The routing worker: ``python -m denghuo.apps.contacts.router``.

It holds nothing: every pass reads who waits and who works, asks :mod:`denghuo.engine.routing` who takes whom, and
rings them. So it may be killed at any moment, and may run twice.
"""
