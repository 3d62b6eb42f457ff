"""The facts that indicators are counted from, defined once. ``FACTS`` holds them by code."""

from denghuo.engine.indicators.facts.care import CALL_BACKS, COMPLAINTS, SURVEYS, TOUCHPOINT_CHECKS
from denghuo.engine.indicators.facts.contacts import AGENT_TIME, CONTACTS, FORECASTS
from denghuo.engine.indicators.facts.people import COACHING, INSPECTIONS, STAFF_MONTHS, TRAINING
from denghuo.engine.indicators.facts.requests import CLOCKS, FIELD_ORDERS, REQUESTS
from denghuo.engine.indicators.facts.resources import ASSESSMENTS, COSTS, DOWNTIME, HOUSEHOLDS
from denghuo.engine.indicators.model import Fact

FACTS: dict[str, Fact] = {
    fact.code: fact
    for fact in (
        CONTACTS,
        AGENT_TIME,
        FORECASTS,
        REQUESTS,
        CLOCKS,
        FIELD_ORDERS,
        CALL_BACKS,
        COMPLAINTS,
        SURVEYS,
        TOUCHPOINT_CHECKS,
        INSPECTIONS,
        COACHING,
        STAFF_MONTHS,
        TRAINING,
        HOUSEHOLDS,
        COSTS,
        DOWNTIME,
        ASSESSMENTS,
    )
}
