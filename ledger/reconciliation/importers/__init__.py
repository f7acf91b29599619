"""Readers of files: bytes in, lines out, one at a time. Nothing here knows the database.

lines.py says what a reader yields; formats.py which reader a format has.
"""
