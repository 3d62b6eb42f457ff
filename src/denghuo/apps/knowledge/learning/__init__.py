"""What the base learns from its use: the log of questions, gaps, rates, training on what was chosen."""
