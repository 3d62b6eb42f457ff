"""The running day: adherence, rest of the day, recommended moves, emergency echelons."""
