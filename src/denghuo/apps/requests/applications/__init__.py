"""Applications for business (业务办理): what can be applied for, what is needed, by when, and how far it is."""
