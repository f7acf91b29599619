"""Rows for the pages: a paid payment with all that the page of a payment shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from foundation import clock
from foundation.context import acting
from foundation.events.publishing import publish
from foundation.ids import new_id
from foundation.tenancy.models import Merchant
from foundation.transactions import owns_transaction
from payments.models import (
    Capture,
    Customer,
    PaymentAttempt,
    PaymentIntent,
    PaymentMethod,
    PspAccount,
    PspCall,
    PspWebhook,
)
from payments.steps.post_to_ledger import post_capture
from payments.steps.search_text import search_text_of


def psp_account_of(merchant: Merchant) -> PspAccount:
    account = PspAccount.objects.for_merchant(merchant.id).first()
    return account or PspAccount.across_merchants.create(
        merchant=merchant,
        psp="stripe",
        name="Stripe EU",
        secret_key_encrypted="x",
        webhook_secret_encrypted="x",
    )


def paid_payment(
    merchant: Merchant,
    *,
    amount_minor: int = 4_200,
    currency: str = "usd",
    order: str = "536365",
    **attempt_fields: Any,
) -> PaymentIntent:
    """A payment of one attempt that succeeded an hour ago, with its events, call, webhook and ledger entry."""
    intent = payment(
        merchant,
        amount_minor=amount_minor,
        currency=currency,
        order=order,
        status="succeeded",
        attempt_status="succeeded",
        amount_captured_minor=amount_minor,
        fee_minor=152,
        **attempt_fields,
    )
    _book(merchant_id=merchant.id, intent=intent)
    return intent


def payment(
    merchant: Merchant,
    *,
    amount_minor: int,
    currency: str = "usd",
    order: str = "536365",
    status: str,
    attempt_status: str,
    email: str = "jane@example.com",
    last_payment_error: dict[str, Any] | None = None,
    **attempt_fields: Any,
) -> PaymentIntent:
    """A payment with one attempt, as it stands in the given states."""
    made_at = clock.now() - timedelta(hours=1)
    customer = Customer.across_merchants.create(merchant=merchant, name="Jane Porter", email=email)
    method = PaymentMethod.across_merchants.create(
        merchant=merchant,
        customer=customer,
        brand="visa",
        last4="4242",
        exp_month=4,
        exp_year=2030,
        country="GB",
    )
    account = psp_account_of(merchant)
    intent = PaymentIntent(
        merchant=merchant,
        customer=customer,
        payment_method=method,
        amount_minor=amount_minor,
        currency=currency,
        status=status,
        metadata={"order_id": order},
        created_at=made_at,
        description="Two kettles",
        last_payment_error=last_payment_error,
        canceled_at=made_at if status == "canceled" else None,
    )
    intent.search_text = search_text_of(intent, customer=customer, method=method)
    intent.save(force_insert=True)
    attempt = _attempt(intent, method, account, status=attempt_status, **attempt_fields)
    _tell(merchant_id=merchant.id, intent=intent, attempt=attempt, account=account)
    return intent


def _attempt(
    intent: PaymentIntent, method: PaymentMethod, account: PspAccount, **attempt_fields: Any
) -> PaymentAttempt:
    attempt = PaymentAttempt(
        merchant=intent.merchant,
        payment_intent=intent,
        ordinal=1,
        psp_account=account,
        payment_method=method,
        amount_minor=intent.amount_minor,
        currency=intent.currency,
        capture_method="automatic",
        psp_key=str(new_id()),
        created_at=intent.created_at,
        latency_ms=412,
        **{"psp_reference": f"pi_3Q{new_id().hex[:18]}", **attempt_fields},
    )
    attempt.save(force_insert=True)
    PaymentIntent.across_merchants.filter(pk=intent.pk).update(latest_attempt=attempt)
    intent.latest_attempt = attempt
    return attempt


@owns_transaction
def _tell(*, merchant_id: Any, intent: PaymentIntent, attempt: PaymentAttempt, account: PspAccount) -> None:
    with acting(actor=f"api_key:{new_id()}", request_id="req_8sHqK2"):
        for type_ in ("payment_intent.created", "payment_intent.succeeded"):
            publish(
                merchant_id=merchant_id,
                type=type_,
                object_type="payment_intent",
                object_id=intent.id,
                data={"id": intent.public_id},
            )
    PspCall.across_merchants.create(
        merchant_id=merchant_id,
        psp_account=account,
        subject_kind="attempt",
        subject_id=attempt.id,
        payment_intent_id=intent.id,
        operation="authorize",
        request={"amount": attempt.amount_minor},
        answer={"status": "succeeded"},
        http_status=200,
        outcome="succeeded",
        latency_ms=412,
        request_id="req_8sHqK2",
    )
    PspWebhook.across_merchants.create(
        merchant_id=merchant_id,
        psp_account=account,
        event_id=f"evt_{new_id().hex}",
        event_type="charge.succeeded",
        body="{}",
        payment_intent_id=intent.id,
        handled_at=clock.now(),
        result="known already",
    )


@owns_transaction
def _book(*, merchant_id: Any, intent: PaymentIntent) -> None:
    attempt = intent.latest_attempt
    capture = Capture.across_merchants.create(
        merchant_id=merchant_id,
        attempt=attempt,
        status="succeeded",
        amount_minor=intent.amount_minor,
        fee_minor=152,
        currency=intent.currency,
        psp_key=str(new_id()),
        decided_at=clock.now(),
    )
    post_capture(capture, attempt, attempt.payment_intent, at=clock.now())
