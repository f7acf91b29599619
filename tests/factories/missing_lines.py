"""Breaks of lines that our books lack, as a run of the reconciliation leaves them, without a file behind them."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from foundation import clock
from foundation.ids import new_id
from ledger.models import ReconciliationBreak, ReconciliationRun, Source, Statement, StatementLine
from tests.factories.shop import Shop


def missing_line(
    shop: Shop,
    kind: str,
    *,
    gross: int,
    fee: int = 0,
    reference: str,
    order_reference: str = "",
    psp_account: str = "",
    occurred_at: datetime | None = None,
) -> ReconciliationBreak:
    """In US cents, signed from the merchant's side. psp_account: a public id, of the shop's own unless given."""
    account, at, name = (
        psp_account or shop.account.public_id,
        occurred_at or clock.now(),
        f"txn_{new_id().hex}",
    )
    statement = Statement.across_merchants.create(
        merchant_id=shop.id,
        psp_account=account,
        source=Source.PSP,
        format="stripe_balance",
        file_sha256=sha256(name.encode()).hexdigest(),
        file_bytes=0,
    )
    line = StatementLine.across_merchants.create(
        merchant_id=shop.id,
        statement=statement,
        line_number=2,
        source=Source.PSP,
        psp_account=account,
        line_key=name,
        occurrence=1,
        kind=kind,
        reference=reference,
        order_reference=order_reference,
        payout_reference="",
        currency="usd",
        gross_minor=gross,
        fee_minor=fee,
        net_minor=gross - fee,
        occurred_at=at,
        description="",
    )
    run = ReconciliationRun.across_merchants.create(merchant_id=shop.id, as_of_at=clock.now())
    return ReconciliationBreak.across_merchants.create(
        merchant_id=shop.id,
        kind=ReconciliationBreak.Kind.MISSING_AT_US,
        psp_account=account,
        source=Source.PSP,
        line=line,
        reference=reference,
        currency="usd",
        line_currency="usd",
        psp_minor=gross - fee,
        amount_minor=gross - fee,
        occurred_at=at,
        opened_by=run,
    )
