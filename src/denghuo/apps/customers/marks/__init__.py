"""Sensitive-customer marks: who is to be handled with particular care, why, and until when."""
