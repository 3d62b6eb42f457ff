"""Major service events (重大服务事件): proposed by rules, opened or rejected by a person, reported and worked on by a group.

What is said of them (entries, measures, investigation) is kept sealed; events hold ids and codes.
"""
