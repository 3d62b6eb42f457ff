"""The public hall's pages about one's own electricity: usage, bills, payment. Phone first; no sign-in."""
