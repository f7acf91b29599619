"""The read side: statements, runs and their ties, breaks, matches of a line or an entry."""
