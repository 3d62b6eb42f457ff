"""django-helpdesk as it is installed by its own documentation, on the server that is measured; a peer of ``bench intake``."""
