"""Taking tables in: which columns there are, what a row means, what is wrong with it, and making it so."""
