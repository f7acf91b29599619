"""Stripe's face: the part of its HTTP API, version 2026-10-28.endive, that a card connector uses.

Another provider's face is a sibling package with the same three methods as `face.StripeFace` and one line in
`sandbox.py`.
"""

API_VERSION = "2026-10-28.endive"
KEY_PREFIXES = ("sk_test_", "rk_test_")
