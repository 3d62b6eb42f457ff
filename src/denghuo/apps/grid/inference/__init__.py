"""Outages inferred from what was heard: observations per feeder, the inference, and what people decide about it."""
