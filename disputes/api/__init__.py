"""Disputes under /v1: shapes and views, no decisions."""
