"""A shop, its people, and their browsers."""

from __future__ import annotations

from tests.payments.admin.conftest import client_of, merchant, other_merchant

__all__ = ["client_of", "merchant", "other_merchant"]
