"""Routing: which PSP account a payment goes to. Pure."""
