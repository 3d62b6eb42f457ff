"""Entities and statements from a table: read, checked row by row, looked over by a second person, and then in force."""

FORMAT = "graph"  # how a KnowledgeImport of the graph is told from one of answers
