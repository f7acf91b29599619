"""What a PSP tells of a dispute, step by step: each report holds the whole dispute as it stood then."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from disputes.models import Dispute
from disputes.operations.record_dispute_report import record_dispute_report
from foundation import clock
from foundation.ids import new_id
from foundation.money import Money
from payments.models import PaymentIntent
from payments.psp.disputes import DisputeNews, FundMovement
from tests.factories.shop import Shop

FEE = 1_500


@dataclass
class Claim:
    """A dispute at the PSP. Amounts in minor units of `currency`; its clock moves a minute with each report."""

    shop: Shop
    intent: PaymentIntent
    amount: int = 1_000
    currency: str = "usd"
    reference: str = field(default_factory=lambda: f"du_{new_id().hex}")
    network: str = "visa"
    reason: str = "fraudulent"
    network_reason_code: str = "10.4"
    opened_at: datetime = field(default_factory=clock.now)
    days: int = 18
    movements: list[FundMovement] = field(default_factory=list)
    reports: int = 0

    def moves(self, amount: int, *, fee: int = 0, is_counter_fee: bool = False) -> Claim:
        """The PSP takes (negative) or gives back (positive)."""
        self.movements.append(
            FundMovement(
                movement_id=f"txn_{self.reference}_{len(self.movements)}",
                amount=Money(amount, self.currency),
                fee=Money(fee, self.currency),
                is_counter_fee=is_counter_fee,
                occurred_at=self.opened_at,
            )
        )
        return self

    def takes(self, *, fee: int = FEE) -> Claim:
        return self.moves(-self.amount, fee=fee)

    def returns(self, *, fee: int = 0) -> Claim:
        return self.moves(self.amount, fee=fee)

    def says(self, status: str, *, stage: str = "chargeback", **fields: Any) -> DisputeNews:
        self.reports += 1
        given: dict[str, Any] = {
            "psp_reference": self.reference,
            "status": status,
            "stage": stage,
            "amount": Money(self.amount, self.currency),
            "reason": self.reason,
            "network": self.network,
            "network_reason_code": self.network_reason_code,
            "evidence_due_at": self.opened_at + timedelta(days=self.days),
            "opened_at": self.opened_at,
            "told_at": self.opened_at + timedelta(minutes=self.reports),
            "movements": tuple(self.movements),
        }
        return DisputeNews(**{**given, **fields})

    def hears(self, *news: DisputeNews) -> Dispute:
        """We record the reports in this order; answers with the dispute as it then stands."""
        attempt_id = self.shop.fresh(self.intent).latest_attempt_id
        assert attempt_id is not None
        for one in news:
            dispute = record_dispute_report(merchant_id=self.shop.id, attempt_id=attempt_id, news=one)
        return Dispute.objects.for_merchant(self.shop.id).get(pk=dispute.pk)


def figures(shop: Shop, currency: str = "usd") -> dict[str, int]:
    """The accounts that a dispute moves, net debit in minor units; zeros are left out. Clearing without payments'."""
    balances = shop.balances()
    clearing = f"assets/psp_clearing/{shop.account.public_id}"
    found = {
        "clearing": balances.get((clearing, currency), 0),
        "disputed": balances.get(("assets/disputed_funds", currency), 0),
        "fees": balances.get(("expenses/dispute_fees", currency), 0),
        "losses": balances.get(("expenses/dispute_losses", currency), 0),
        "refunds": balances.get(("income/refunds", currency), 0),
    }
    return {name: minor for name, minor in found.items() if minor}
