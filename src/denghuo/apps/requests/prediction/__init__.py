"""When the crew will be there and when supply will be back: predicted from the cases of the past, with an interval.

A subscriber tells anew at every step of a fault report (:mod:`subscribers`); a daily job learns (:mod:`jobs`); what was
told is kept and measured against what came (:mod:`scoring`). Taking a request never waits for any of this.
"""
