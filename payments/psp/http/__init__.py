"""The HTTP session that connectors share; it knows no PSP."""
