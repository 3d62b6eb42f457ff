"""What happens to a request beside the steps of its flow: return, transfer, hold, reopening, splitting, supervision, escalation."""
