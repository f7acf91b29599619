"""An invoice by the token of its public page: the token is the only door, and names one invoice of one merchant."""

from __future__ import annotations

from subscriptions.models import Invoice

SHORTEST_TOKEN = 32


def find_hosted_invoice(token: str) -> Invoice | None:
    """With its merchant. None for a revoked or unknown token; a draft has none."""
    if len(token) < SHORTEST_TOKEN:
        return None
    return Invoice.across_merchants.select_related("merchant").filter(hosted_token=token).first()
