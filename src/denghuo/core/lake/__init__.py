"""The lake: the event log as partitioned Delta tables, for years of history.

On this floor because it knows nothing but the log: which events there are, and how far readers may go. The figures counted from
it are the business of the apps. The modules need the packages of the extra ``lake``; the tables (:mod:`.models`) do not.

:mod:`.exporting`    from the log to the lake, each event once
:mod:`.reconciling`  counts and sums of log and lake side by side
:mod:`.keeping`      retention, erasure, compaction
:mod:`.reading`      the lake as a relation of DuckDB
"""
