"""today: policy_keys."""
