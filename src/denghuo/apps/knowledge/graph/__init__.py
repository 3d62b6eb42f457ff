"""The knowledge graph: its vocabulary, seeds, changes, reads, answers and screens."""
