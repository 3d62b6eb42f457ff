"""The whole picture of a voltage complaint: meter, transformer, neighbours, what happened before, and a draft analysis."""
