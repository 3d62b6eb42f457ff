"""Taking in documents and tables: what a file holds, what is wrong with it, and making drafts of it."""
