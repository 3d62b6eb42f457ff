"""Requests that have to do with one another: suggested duplicates, links, repeated contacts, repeated outages.

Who is compared with whom is decided by indexed queries (:mod:`suggesting`), how alike two are by
:mod:`denghuo.engine.duplicates`. What follows by itself from events is in :mod:`subscribers`.
"""
