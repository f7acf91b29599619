"""The proof: the PSP's own books, our ledger and our payments, side by side, per currency, to the minor unit."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import requests
from django.db.models import Count, Q, Sum

from foundation.jobs.models import Job
from foundation.money import Money
from ledger.queries.balances import list_accounts_with_balances
from payments.models import (  # house-rule: models-of-another-app because the demo folds payments independently
    AttemptStatus,
    Capture,
    CaptureStatus,
    PaymentAttempt,
    Refund,
    RefundStatus,
)

UNDECIDED = ["submitting", "unknown", "pending", "created"]
CLEARING = "assets/psp_clearing/"


@dataclass(frozen=True, slots=True)
class Figures:
    """One source's view of a currency, in minor units. fees and net may be None where a source has none."""

    captured: int = 0
    refunded: int = 0
    fees: int = 0

    @property
    def net(self) -> int:
        return self.captured - self.refunded - self.fees


@dataclass(frozen=True, slots=True)
class CurrencyTie:
    currency: str
    psp: Figures
    ledger: Figures
    payments: Figures
    clearing: int

    @property
    def ties_out(self) -> bool:
        return self.psp == self.ledger == self.payments and self.clearing == self.psp.net

    def money(self, minor: int) -> str:
        return str(Money(minor, self.currency))


def wait_until_quiet(merchant_id: UUID, sandbox_url: str, *, timeout_seconds: int, tell: Callable[[str], None]) -> bool:
    """Wait until nothing is in doubt, under way or on its way here. Answers whether that was reached in time."""
    ends_at = time.monotonic() + timeout_seconds
    last = ""
    while time.monotonic() < ends_at:
        open_things = _open_things(merchant_id, sandbox_url)
        if not any(open_things.values()):
            return True
        words = ", ".join(f"{count} {what}" for what, count in open_things.items() if count)
        if words != last:
            tell(f"waiting for {words}")
            last = words
        time.sleep(0.5)
    return False


def tie_out(merchant_id: UUID, *, sandbox_url: str, psp_key: str) -> list[CurrencyTie]:
    """One row for each currency that any of the three knows."""
    psp = _psp_figures(sandbox_url, psp_key)
    ledger, clearing = _ledger_figures(merchant_id)
    payments = _payment_figures(merchant_id)
    return [
        CurrencyTie(
            currency,
            psp.get(currency, Figures()),
            ledger.get(currency, Figures()),
            payments.get(currency, Figures()),
            clearing.get(currency, 0),
        )
        for currency in sorted({*psp, *ledger, *payments})
    ]


def _open_things(merchant_id: UUID, sandbox_url: str) -> dict[str, int]:
    attempts = PaymentAttempt.objects.for_merchant(merchant_id).filter(status__in=UNDECIDED)
    refunds = Refund.objects.for_merchant(merchant_id).filter(status__in=UNDECIDED)
    captures = Capture.objects.for_merchant(merchant_id)
    waiting = captures.filter(Q(status__in=UNDECIDED) | Q(next_check_at__isnull=False))
    jobs = Job.objects.filter(merchant_id=merchant_id).exclude(status__in=[Job.Status.DONE, Job.Status.DEAD])
    deliveries = requests.get(f"{sandbox_url}/sandbox/webhooks", timeout=5).json()["deliveries"]
    return {
        "payments": attempts.count(),
        "captures": waiting.count(),
        "refunds": refunds.count(),
        "jobs": jobs.count(),
        "PSP webhooks": sum(count for state, count in deliveries.items() if state == "waiting"),
    }


def _psp_figures(sandbox_url: str, psp_key: str) -> dict[str, Figures]:
    books = requests.get(f"{sandbox_url}/books", params={"account": psp_key}, timeout=30).json()
    return {
        currency: Figures(
            captured=row["charges_gross_minor"],
            refunded=row["refunds_amount_minor"] - row["refunds_returned_minor"],
            fees=row["fees_minor"],
        )
        for currency, row in books["accounts"].get(psp_key, {}).items()
        if row["captures_count"] or row["refunds_count"]
    }


def _ledger_figures(merchant_id: UUID) -> tuple[dict[str, Figures], dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for account in list_accounts_with_balances(merchant_id):
        row = found.setdefault(account.currency, {})
        name = "clearing" if account.path.startswith(CLEARING) else account.path
        row[name] = row.get(name, 0) + account.debits_minor - account.credits_minor
    figures = {
        currency: Figures(
            captured=-row.get("income/sales", 0),
            refunded=row.get("income/refunds", 0),
            fees=row.get("expenses/psp_fees", 0),
        )
        for currency, row in found.items()
        if row.get("income/sales")
    }
    return figures, {currency: row.get("clearing", 0) for currency, row in found.items()}


def _payment_figures(merchant_id: UUID) -> dict[str, Figures]:
    captures = (
        Capture.objects.for_merchant(merchant_id)
        .filter(status=CaptureStatus.SUCCEEDED)
        .values("currency")
        .annotate(amount=Sum("amount_minor"), fees=Sum("fee_minor"))
        .order_by("currency")
    )
    refunds = (
        Refund.objects.for_merchant(merchant_id)
        .filter(status=RefundStatus.SUCCEEDED)
        .values("currency")
        .annotate(amount=Sum("amount_minor"))
        .order_by("currency")
    )
    refunded = {row["currency"]: row["amount"] for row in refunds}
    return {
        row["currency"]: Figures(row["amount"], refunded.get(row["currency"], 0), row["fees"] or 0)
        for row in captures
    }


def count_double_charges(merchant_id: UUID) -> int:
    """Intents with more than one successful charge: has to be none."""
    return (
        PaymentAttempt.objects.for_merchant(merchant_id)
        .filter(status=AttemptStatus.SUCCEEDED)
        .values("payment_intent_id")
        .annotate(charges=Count("id"))
        .filter(charges__gt=1)
        .count()
    )
