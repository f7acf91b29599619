"""Parts of the operations that join their transaction: storing lines, matching, opening breaks."""
