"""Uploaded files: checked by their content, cleaned, kept once, served only to those who may see them."""
