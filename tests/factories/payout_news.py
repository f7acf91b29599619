"""News of a payout in short words, without a PSP behind it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from foundation.money import Money
from payments.models import Payout
from payments.operations.record_payout import record_payout
from payments.psp.port import PayoutNews
from tests.factories.shop import Shop

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)


def payout_news(
    status: str = "in_transit", amount: int = 90_00, currency: str = "usd", **changes: Any
) -> PayoutNews:
    """Of po_1, made at noon of the 18th and due at the bank on the 20th."""
    said = PayoutNews(
        psp_reference="po_1",
        amount=Money(amount, currency),
        status=status,
        created_at=NOON,
        arrival_on=date(2026, 11, 20),
        failure_code="account_closed" if status == "failed" else "",
    )
    return replace(said, **changes)


def recorded(shop: Shop, said: PayoutNews, **more: Any) -> Payout:
    return record_payout(merchant_id=shop.id, psp_account_id=shop.account.id, news=said, **more)
