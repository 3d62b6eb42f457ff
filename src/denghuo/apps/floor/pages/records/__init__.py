"""The floor's books: lists to search, short forms to write."""
