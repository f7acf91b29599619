"""One command per file; JSON on standard output, logs on standard error."""
