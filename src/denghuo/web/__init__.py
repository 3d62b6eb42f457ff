"""Base templates, components, static files, tables and translations: everything a page is made of."""
