"""The helper beside an agent: suggested answers, the next step, similar solved requests, form filling."""
