"""How long crews drive: journeys kept as they happen, a model per city learned from them by night, estimates for the board."""
