"""Which of our movements a PSP speaks of: by our own key first, by the PSP's reference else."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from foundation import clock
from foundation.money import Money
from ledger.queries.entries import list_entries_by_ids
from payments.models import (
    AuthorizationIncrement,
    Capture,
    CaptureStatus,
    PaymentAttempt,
    PspAccount,
    PspWebhook,
    Refund,
    SetupIntent,
)
from payments.psp.port import PspNews
from payments.schedules import CALL_SECONDS


def find_webhook(*, merchant_id: UUID, webhook_id: UUID) -> PspWebhook | None:
    rows = PspWebhook.objects.for_merchant(merchant_id).select_related("psp_account")
    return rows.filter(pk=webhook_id).first()


def find_attempt_of_news(account: PspAccount, news: PspNews) -> PaymentAttempt | None:
    rows = PaymentAttempt.objects.for_merchant(account.merchant_id).filter(psp_account_id=account.id)
    if news.psp_key:
        return rows.filter(psp_key=news.psp_key).first()
    return rows.filter(psp_reference=news.psp_reference).first() if news.psp_reference else None


def list_attempts_of_keys(psp_keys: Sequence[str]) -> dict[tuple[UUID, str], PaymentAttempt]:
    """Attempts by PSP account and our key, whoever's they are: a sweep serves every merchant. One query."""
    rows = PaymentAttempt.across_merchants.filter(psp_key__in=psp_keys)
    return {(row.psp_account_id, row.psp_key): row for row in rows}


def find_refund_of_news(account: PspAccount, news: PspNews) -> Refund | None:
    rows = Refund.objects.for_merchant(account.merchant_id).filter(attempt__psp_account_id=account.id)
    if news.psp_key:
        return rows.filter(psp_key=news.psp_key).first()
    return rows.filter(psp_reference=news.psp_reference).first() if news.psp_reference else None


def find_capture_of_news(account: PspAccount, news: PspNews) -> Capture | None:
    rows = Capture.objects.for_merchant(account.merchant_id).filter(attempt__psp_account_id=account.id)
    if news.psp_key:
        return rows.filter(psp_key=news.psp_key).select_related("attempt").first()
    named = rows.filter(psp_reference=news.psp_reference).select_related("attempt")
    return named.first() if news.psp_reference else None


def find_increment_of_news(account: PspAccount, news: PspNews) -> AuthorizationIncrement | None:
    rows = AuthorizationIncrement.objects.for_merchant(account.merchant_id).select_related("attempt")
    rows = rows.filter(attempt__psp_account_id=account.id)
    if news.psp_key:
        return rows.filter(psp_key=news.psp_key).first()
    return rows.filter(psp_reference=news.psp_reference).first() if news.psp_reference else None


def find_attempt_of_void(account: PspAccount, news: PspNews) -> PaymentAttempt | None:
    """By the reference of what was let go; before the PSP has named one, by our key of the void."""
    rows = PaymentAttempt.objects.for_merchant(account.merchant_id).filter(psp_account_id=account.id)
    by_reference = rows.filter(psp_reference=news.psp_reference).first() if news.psp_reference else None
    return by_reference or (rows.filter(void_key=news.psp_key).first() if news.psp_key else None)


def names_another(row: PaymentAttempt | Capture | AuthorizationIncrement | Refund, news: PspNews) -> bool:
    """Whether the PSP tells of a second movement under the key of one that it has named before."""
    return bool(row.psp_reference and news.psp_reference) and row.psp_reference != news.psp_reference


def find_capture_without_fee(attempt: PaymentAttempt, amount: Money) -> Capture | None:
    """The oldest capture of that amount whose fee the PSP has not said yet."""
    rows = Capture.objects.for_merchant(attempt.merchant_id).filter(
        attempt_id=attempt.id, amount_minor=amount.amount_minor, currency=amount.currency
    )
    return rows.filter(status=CaptureStatus.SUCCEEDED, fee_minor__isnull=True).order_by("id").first()


def find_capture_of_entry(*, merchant_id: UUID, entry_id: UUID) -> Capture | None:
    # By way of its payment: captures have no index of entries.
    entry = next(iter(list_entries_by_ids(merchant_id, [entry_id])), None)
    if entry is None or entry.source_kind != "payment_intent":
        return None
    rows = Capture.objects.for_merchant(merchant_id).filter(attempt__payment_intent_id=entry.source_id)
    return rows.filter(ledger_entry_id=entry_id).first()


def find_setup_intent_of_news(account: PspAccount, news: PspNews) -> SetupIntent | None:
    rows = SetupIntent.objects.for_merchant(account.merchant_id).filter(psp_account_id=account.id)
    if news.psp_key:
        return rows.filter(psp_key=news.psp_key).first()
    return rows.filter(psp_reference=news.psp_reference).first() if news.psp_reference else None


def is_call_under_way(row: PaymentAttempt | Capture | AuthorizationIncrement | Refund) -> bool:
    """Whether its call left so short a time ago that the caller is still waiting for the answer."""
    if row.status != "submitting" or row.submitted_at is None:
        return False
    return (clock.now() - row.submitted_at).total_seconds() < CALL_SECONDS


def find_movement_of_news(account: PspAccount, news: PspNews) -> PaymentAttempt | Refund | None:
    """The attempt or refund that the news is of; None for anything else."""
    if news.kind == "attempt":
        return find_attempt_of_news(account, news)
    return find_refund_of_news(account, news) if news.kind == "refund" else None
