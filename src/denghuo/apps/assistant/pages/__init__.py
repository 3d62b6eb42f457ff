"""The screens of the robot: dialogues and their cases, trying them out, talks."""
