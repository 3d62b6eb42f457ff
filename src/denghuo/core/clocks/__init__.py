"""Time limits: started, paused, warned of, breached and stopped, each on the record.

Read with :mod:`.reading`, change with :mod:`.actions`, let :func:`.sweeper.sweep` fire warnings and breaches.
"""
