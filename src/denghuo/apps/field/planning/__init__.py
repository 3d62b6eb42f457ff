"""The plan of an area's crews: made anew by a worker as things happen, shown on the board, sent when somebody accepts it."""
