"""Bring an invoice in line with a dispute of its payment: claimed money is owed again, won money pays it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from foundation.money import Money
from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.locks import lock_disputed_payment, lock_invoice, lock_subscription
from subscriptions.models import (
    DisputedPayment,
    DisputedPaymentStatus,
    Invoice,
    InvoicePayment,
    InvoicePaymentStatus,
    InvoiceStatus,
    Subscription,
)
from subscriptions.queries.invoices import find_payment_of_intent
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.act_on_dispute import act_on_claim, act_on_win
from subscriptions.steps.announce import announce_invoice
from subscriptions.steps.keep_as_credit import keep_as_credit
from subscriptions.steps.owe_again import owe_again
from subscriptions.steps.post_to_ledger import post_dispute_lost, post_dispute_restored, post_disputed
from subscriptions.steps.take_payment import take_payment

D = DisputedPaymentStatus
PAYABLE = (InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE)


class Claim(StrEnum):
    """Where the money of a dispute is: asked about only, with the bank, lost, or ours (again)."""

    ASKED = "asked"
    TAKEN = "taken"
    LOST = "lost"
    OURS = "ours"


@dataclass(frozen=True, slots=True)
class DisputeNews:
    """dispute_id: of the floor that knows it. position: of the event, which grows from one to the next.

    amount: in another currency than the invoice's, it means all that the payment has applied.
    """

    dispute_id: UUID
    payment_intent_id: UUID
    claim: Claim
    amount: Money
    position: int


@owns_transaction
def follow_dispute(*, merchant_id: UUID, news: DisputeNews) -> Invoice | None:
    """The invoice as it stands afterwards; None when the payment is no invoice's.

    Money that was taken reopens the invoice by it, stops the tries on the subscription, and cancels or pauses that as
    the policy says. Lost, the invoice stays owed. Won or withdrawn, it is paid again by the same amount, and what was
    paused goes on where the policy says so; what is owed no more by then becomes the customer's credit.
    Raises: ResourceMissing.
    Writes: the disputed payment, the invoice, its dunning, ledger entries, the subscription, the customer's balance,
    invoice.updated and their other events.
    Safe to repeat: news older than what was heard, or the same once more, changes nothing.
    """
    payment = find_payment_of_intent(merchant_id=merchant_id, payment_intent_id=news.payment_intent_id)
    if payment is None:
        return None
    subscription = None
    if payment.invoice.subscription_id is not None:
        subscription = lock_subscription(
            merchant_id=merchant_id, subscription_id=payment.invoice.subscription_id
        )
    invoice = lock_invoice(merchant_id=merchant_id, invoice_id=payment.invoice_id)
    now = now_of(subscription.test_clock if subscription else None)
    known = lock_disputed_payment(merchant_id=merchant_id, dispute_id=news.dispute_id)
    if known is not None and news.position <= known.told_position:
        return invoice
    if news.claim in (Claim.TAKEN, Claim.LOST):
        known = _claim(known, subscription, invoice, news, now=now)
        if known is not None and news.claim == Claim.LOST and known.status == D.CLAIMED:
            known.lose(now)
            post_dispute_lost(known, at=now)
    elif news.claim == Claim.OURS and known is None:
        known = _heard_of_its_end(payment, news, now=now)
    elif news.claim == Claim.OURS and known is not None and known.status != D.RESTORED:
        _restore(known, subscription, invoice, now=now)
    if known is not None:
        known.told_position = news.position
        known.save()
    return invoice


def _heard_of_its_end(payment: InvoicePayment, news: DisputeNews, *, now: datetime) -> DisputedPayment:
    """The end overtook the beginning: remembered, so that the beginning claims nothing when it comes."""
    return DisputedPayment(
        merchant_id=payment.merchant_id,
        invoice=payment.invoice,
        invoice_payment=payment,
        dispute_id=news.dispute_id,
        status=D.RESTORED,
        amount_minor=max(payment.amount_minor, 1),
        currency=payment.currency,
        created_at=now,
        decided_at=now,
    )


def _claim(
    known: DisputedPayment | None,
    subscription: Subscription | None,
    invoice: Invoice,
    news: DisputeNews,
    *,
    now: datetime,
) -> DisputedPayment | None:
    if known is not None and known.status != D.RESTORED:
        # A further stage, even after a loss: the money is as gone as before, and the invoice as owed.
        return known
    # Read under the invoice's lock: the payment may have come back meanwhile.
    payment = find_payment_of_intent(
        merchant_id=invoice.merchant_id, payment_intent_id=news.payment_intent_id
    )
    amount = _amount_of(payment, invoice, news)
    if payment is None or amount.is_zero:
        return known
    if known is None:
        known = DisputedPayment(
            merchant_id=invoice.merchant_id,
            invoice=invoice,
            invoice_payment=payment,
            dispute_id=news.dispute_id,
            currency=invoice.currency,
            created_at=now,
        )
    else:
        known.claim_again()
    known.amount_minor = amount.amount_minor
    known.told_position = news.position
    known.save()
    post_disputed(known, at=now)
    owe_again(invoice, amount)
    known.has_paused = act_on_claim(subscription, invoice, now=now)
    announce_invoice(invoice, events.INVOICE_UPDATED)
    return known


def _amount_of(payment: InvoicePayment | None, invoice: Invoice, news: DisputeNews) -> Money:
    """Never more than what the payment has applied and the invoice counts as paid."""
    if payment is None or payment.status != InvoicePaymentStatus.PAID:
        return Money.zero(invoice.currency)
    applied = Money(min(payment.applied_minor, invoice.amount_paid_minor), invoice.currency)
    return min(news.amount, applied) if news.amount.currency == invoice.currency else applied


def _restore(
    known: DisputedPayment, subscription: Subscription | None, invoice: Invoice, *, now: datetime
) -> None:
    was_lost = known.status == D.LOST
    known.restore(now)
    post_dispute_restored(known, was_lost=was_lost, at=now)
    owed = invoice.amount_remaining if invoice.status in PAYABLE else Money.zero(invoice.currency)
    taken = min(known.amount, owed)
    known.credited_minor = known.amount_minor - taken.amount_minor
    types: list[str] = []
    if not taken.is_zero:
        types = take_payment(subscription, invoice, taken, now=now)
    if known.credited_minor:
        keep_as_credit(
            invoice,
            Money(known.credited_minor, known.currency),
            at=now,
            description="A dispute was won after the invoice was paid another way",
        )
        payment = known.invoice_payment
        payment.applied_minor -= known.credited_minor
        payment.save(update_fields=["applied_minor"])
    if known.has_paused:
        known.has_paused = not act_on_win(subscription, invoice)
    announce_invoice(invoice, *types, events.INVOICE_UPDATED)
