"""Who may see what: the org tree and querysets that start from it."""
