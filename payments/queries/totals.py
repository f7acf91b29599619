"""What payments add up to, folded from the rows themselves: the other side of every proof against the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, Sum

from ledger.queries.balances import list_accounts_with_balances
from ledger.queries.sums import sum_other_kinds
from ledger.queries.verify import Difference
from payments.models import (
    AttemptStatus,
    AuthorizationIncrement,
    Capture,
    CaptureStatus,
    PaymentAttempt,
    Payout,
    PspAccount,
    Refund,
    RefundStatus,
    SetupIntent,
)

CLEARING = "assets/psp_clearing/"
PAID_OUT = ("assets/cash_in_transit", "assets/bank")
KINDS = (
    "payment_captured",
    "payment_returned",
    "psp_fee",
    "payment_refunded",
    "refund_returned",
    "payout_sent",
    "payout_arrived",
    "payout_left_bank",
    "payout_returned",
    "payout_canceled",
)
"""Every kind of entry that steps/post_to_ledger posts, but for holds."""
SALES = ("income/sales", "assets/receivables")
"""What a capture pays: a sale by itself, or an invoice that was booked before."""
UNDECIDED = ("created", "submitting", "unknown", "pending")


@dataclass(frozen=True, slots=True)
class Totals:
    """Minor units of one currency: captured gross, refunded (less what came back), the PSPs' fees, and what they
    paid out (less what came back)."""

    captured: int = 0
    refunded: int = 0
    fees: int = 0
    paid_out: int = 0

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.captured + other.captured,
            self.refunded + other.refunded,
            self.fees + other.fees,
            self.paid_out + other.paid_out,
        )

    @property
    def net(self) -> int:
        """What the PSPs owe us."""
        return self.captured - self.refunded - self.fees - self.paid_out


def read_payment_totals(*, merchant_id: UUID) -> dict[str, Totals]:
    """By currency, from captures and refunds that succeeded, and payouts that did not come back."""
    captures = (
        Capture.objects.for_merchant(merchant_id)
        .filter(status__in=[CaptureStatus.SUCCEEDED, CaptureStatus.RETURNED])
        .values("currency")
        .annotate(
            # What a bank took back is no sale any more; the PSP keeps its fee for it.
            total_minor=Sum("amount_minor", filter=Q(status=CaptureStatus.SUCCEEDED), default=0),
            fees_minor=Sum("fee_minor"),
        )
        .order_by("currency")
    )
    refunds = (
        Refund.objects.for_merchant(merchant_id)
        .filter(status=RefundStatus.SUCCEEDED)
        .values("currency")
        .annotate(total_minor=Sum("amount_minor"))
        .order_by("currency")
    )
    payouts = (
        Payout.objects.for_merchant(merchant_id)
        .filter(sent_entry_id__isnull=False, return_entry_id__isnull=True)
        .values("currency")
        .annotate(total_minor=Sum("amount_minor"))
        .order_by("currency")
    )
    refunded = {row["currency"]: row["total_minor"] for row in refunds}
    paid_out = {row["currency"]: row["total_minor"] for row in payouts}
    captured, fees = dict[str, int](), dict[str, int]()
    for row in captures:
        captured[row["currency"]], fees[row["currency"]] = row["total_minor"], row["fees_minor"] or 0
    return {
        currency: Totals(
            captured.get(currency, 0),
            refunded.get(currency, 0),
            fees.get(currency, 0),
            paid_out.get(currency, 0),
        )
        for currency in sorted({*captured, *refunded, *paid_out})
    }


def read_ledger_totals(*, merchant_id: UUID) -> tuple[dict[str, Totals], dict[str, int]]:
    """(totals, PSP clearing balances) by currency, from the ledger's accounts, less what people adjusted or wrote
    off: that is no payment's."""
    found: dict[str, dict[str, int]] = {}
    others = sum_other_kinds(merchant_id, KINDS)
    for account in list_accounts_with_balances(merchant_id):
        row = found.setdefault(account.currency, {})
        name = CLEARING if account.path.startswith(CLEARING) else account.path
        of_payments = account.net_debit.amount_minor - others.get((account.path, account.currency), 0)
        row[name] = row.get(name, 0) + of_payments
    totals = {
        currency: Totals(
            captured=-sum(row.get(path, 0) for path in SALES),
            refunded=row.get("income/refunds", 0),
            fees=row.get("expenses/psp_fees", 0),
            paid_out=sum(row.get(path, 0) for path in PAID_OUT),
        )
        for currency, row in found.items()
        if any(row.get(path) for path in (*SALES, "income/refunds", "expenses/psp_fees", *PAID_OUT))
    }
    return totals, {currency: row.get(CLEARING, 0) for currency, row in found.items() if CLEARING in row}


def count_undecided(*, merchant_id: UUID) -> dict[str, int]:
    """How many movements have no definite outcome yet, by kind; a capture without its fee counts as one."""
    captures = Capture.objects.for_merchant(merchant_id)
    return {
        "payments": PaymentAttempt.objects.for_merchant(merchant_id).filter(status__in=UNDECIDED).count(),
        "captures": captures.filter(Q(status__in=UNDECIDED) | Q(next_check_at__isnull=False)).count(),
        "increments": AuthorizationIncrement.objects.for_merchant(merchant_id)
        .filter(status__in=UNDECIDED)
        .count(),
        "refunds": Refund.objects.for_merchant(merchant_id).filter(status__in=UNDECIDED).count(),
        "setups": SetupIntent.objects.for_merchant(merchant_id).filter(status="processing").count(),
    }


def count_double_charges(*, merchant_id: UUID) -> int:
    """Intents with more than one successful charge: none, by a constraint of the database."""
    return (
        PaymentAttempt.objects.for_merchant(merchant_id)
        .filter(status=AttemptStatus.SUCCEEDED)
        .values("payment_intent_id")
        .annotate(charges=Count("id"))
        .filter(charges__gt=1)
        .count()
    )


def check_payments_fold_to_ledger(merchant_id: UUID | None, limit: int) -> Iterator[Difference]:
    """For verify_books: captures, refunds, fees and payouts equal the ledger's accounts, by merchant and currency."""
    merchants = [merchant_id] if merchant_id else _merchants()
    found = (difference for merchant in merchants for difference in _differences(merchant))
    for _, difference in zip(range(limit), found, strict=False):
        yield difference


def _differences(merchant_id: UUID) -> Iterator[Difference]:
    payments = read_payment_totals(merchant_id=merchant_id)
    ledger, clearing = read_ledger_totals(merchant_id=merchant_id)
    for currency in sorted({*payments, *ledger}):
        ours, theirs = payments.get(currency, Totals()), ledger.get(currency, Totals())
        for name in ("captured", "refunded", "fees", "paid_out"):
            if getattr(ours, name) != getattr(theirs, name):
                yield _difference(
                    merchant_id, f"{name} {currency}", getattr(ours, name), getattr(theirs, name)
                )
        if clearing.get(currency, 0) != ours.net:
            yield _difference(merchant_id, f"psp_clearing {currency}", ours.net, clearing.get(currency, 0))


def _difference(merchant_id: UUID, subject: str, expected: int, found: int) -> Difference:
    return Difference("payments_fold_to_ledger", merchant_id, subject, str(expected), str(found))


def _merchants() -> list[UUID]:
    return list(PspAccount.across_merchants.order_by().values_list("merchant_id", flat=True).distinct())
