"""What a connector needs for one call, read and unsealed: credentials and requests, made from rows.

The rows name the order; the secrets in it are opened here, live in memory for the call and are never logged.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import F, Sum
from django.urls import reverse

from foundation.ids import encode_id
from foundation.money import Money
from foundation.vault.fields import decrypt_field
from payments.models import (
    AuthorizationIncrement,
    Capture,
    CaptureStatus,
    Mandate,
    MandateStatus,
    PaymentAttempt,
    PaymentIntent,
    PaymentMethod,
    PspAccount,
    PspToken,
    Refund,
    RefundReason,
)
from payments.psp.port import (
    AuthorizeRequest,
    CaptureRequest,
    Credentials,
    IncrementRequest,
    InquireRequest,
    RefundRequest,
    VoidRequest,
)

MOST_TOKENS = 200
"""Of one customer at one PSP: far more than anybody keeps."""


@dataclass(frozen=True, slots=True)
class AttemptOrder:
    """One authorization, ready to be sent. opened_at: when its attempt was put on disk as submitting.

    psp_account_id: where it goes. may_fail_over: whether another account could take it, as far as is known."""

    attempt_id: UUID
    payment_intent_id: UUID
    psp: str
    credentials: Credentials
    request: AuthorizeRequest
    opened_at: datetime
    psp_account_id: UUID
    may_fail_over: bool = True


def credentials_of(account: PspAccount) -> Credentials:
    """The account's credentials, opened by the vault."""

    def opened(column: str) -> str:
        sealed = getattr(account, column)
        if not sealed:
            return ""
        return decrypt_field(
            account.merchant_id, sealed, table="payments_pspaccount", column=column, row_id=account.id
        )

    webhook_secrets = (opened("webhook_secret_encrypted"), opened("previous_webhook_secret_encrypted"))
    return Credentials(
        account_id=account.public_id,
        secret_key=opened("secret_key_encrypted"),
        webhook_secrets=tuple(secret for secret in webhook_secrets if secret),
        base_url=account.base_url,
        deadline_seconds=account.deadline_seconds,
        deadlines=account.deadlines,
        calls_per_second=account.calls_per_second,
        settings=account.settings,
    )


def open_token(token: PspToken) -> str:
    """The PSP's own token, opened by the vault."""
    return decrypt_field(
        token.merchant_id,
        token.token_encrypted,
        table="payments_psptoken",
        column="token_encrypted",
        row_id=token.id,
    )


def list_held_tokens(
    *, merchant_id: UUID, psp_account_id: UUID, psp_customer_reference: str
) -> dict[str, PspToken]:
    """What we hold of a customer at a PSP account, opened: by the PSP's own token, the newest of each. At most 200."""
    if not psp_customer_reference:
        return {}
    rows = PspToken.objects.for_merchant(merchant_id).filter(
        psp_account_id=psp_account_id, psp_customer_reference=psp_customer_reference
    )
    return {open_token(row): row for row in reversed(rows.order_by("-id")[:MOST_TOKENS])}


def returned_page() -> str:
    """Where a customer comes back to who was sent to their bank for a caller that named no page of its own."""
    return f"{settings.PUBLIC_BASE_URL}{reverse('returned')}"


def completion_page(public_id: str) -> str:
    """Where a customer comes back to us from a PSP that wants to be told what they bring."""
    return f"{settings.PUBLIC_BASE_URL}{reverse('psp_return', args=[public_id])}"


def attempt_order(attempt: PaymentAttempt, intent: PaymentIntent, token: PspToken) -> AttemptOrder:
    """The order for an attempt whose rows are at hand."""
    account = token.psp_account
    # The intent's own is at hand when the attempt was just opened with it.
    named = intent.payment_method if intent.payment_method_id == attempt.payment_method_id else None
    method = named or attempt.payment_method
    request = AuthorizeRequest(
        psp_key=attempt.psp_key,
        amount=attempt.amount,
        token=open_token(token),
        psp_customer_reference=token.psp_customer_reference,
        capture=attempt.capture_method == "automatic",
        off_session=attempt.off_session,
        return_url=intent.return_url or returned_page(),
        completion_url=completion_page(attempt.public_id),
        statement_descriptor_suffix=intent.statement_descriptor_suffix,
        save_for_off_session=intent.setup_future_usage == "off_session",
        method_type=method.type,
        mandate_reference=_mandate_reference(attempt) if attempt.off_session else "",
        network_transaction_id=method.network_transaction_id if attempt.off_session else "",
        billing_address=billing_address(method),
        references={"payment_intent": intent.public_id, "charge": attempt.public_id},
    )
    return AttemptOrder(
        attempt.id,
        intent.id,
        account.psp,
        credentials_of(account),
        request,
        attempt.submitted_at or attempt.created_at,
        account.id,
    )


def billing_address(method: PaymentMethod) -> dict[str, str]:
    """What is known of it, under the names of billing_details."""
    given = method.billing_details.get("address")
    return {name: str(value) for name, value in given.items() if value} if isinstance(given, dict) else {}


def _mandate_reference(attempt: PaymentAttempt) -> str:
    """The newest leave of the customer at this PSP; empty where the method needs none."""
    mandate = (
        Mandate.objects.for_merchant(attempt.merchant_id)
        .filter(
            payment_method_id=attempt.payment_method_id,
            psp_account_id=attempt.psp_account_id,
            status=MandateStatus.ACTIVE,
        )
        .first()
    )
    return mandate.psp_reference if mandate is not None else ""


def get_attempt_order(*, merchant_id: UUID, attempt_id: UUID) -> AttemptOrder:
    """The order for an attempt read from its rows."""
    attempt = (
        PaymentAttempt.objects.for_merchant(merchant_id).select_related("payment_intent").get(pk=attempt_id)
    )
    rows = PspToken.objects.for_merchant(merchant_id).filter(
        payment_method_id=attempt.payment_method_id,
        psp_account_id=attempt.psp_account_id,
        kind=attempt.token_kind,
    )
    # The one that was chosen, unless it was revoked and followed by another of its kind.
    token = rows.select_related("psp_account").order_by(F("revoked_at").desc(nulls_first=True), "-id")[0]
    return attempt_order(attempt, attempt.payment_intent, token)


def capture_request(capture: Capture, attempt: PaymentAttempt) -> CaptureRequest:
    return CaptureRequest(
        psp_key=capture.psp_key,
        psp_reference=attempt.psp_reference,
        amount=capture.amount,
        captured_before=Money(attempt.amount_captured_minor, attempt.currency),
        is_final=capture.is_final,
        leaves_rest=attempt.amount_minor - attempt.amount_captured_minor > capture.amount_minor,
    )


def increment_request(increment: AuthorizationIncrement, attempt: PaymentAttempt) -> IncrementRequest:
    return IncrementRequest(
        psp_key=increment.psp_key, psp_reference=attempt.psp_reference, amount=increment.amount
    )


def void_request(attempt: PaymentAttempt) -> VoidRequest:
    return VoidRequest(
        psp_key=attempt.void_key, psp_reference=attempt.psp_reference, attempt_key=attempt.psp_key
    )


def refund_request(refund: Refund, attempt: PaymentAttempt) -> RefundRequest:
    return RefundRequest(
        psp_key=refund.psp_key,
        psp_reference=attempt.psp_reference,
        amount=refund.amount,
        reason=refund.reason if refund.reason in RefundReason else "",
        references={
            "payment_intent": encode_id("pi", refund.payment_intent_id),
            "refund": refund.public_id,
        },
    )


def attempt_inquiry(attempt: PaymentAttempt) -> InquireRequest:
    return InquireRequest(
        kind="attempt", psp_key=attempt.psp_key, amount=attempt.amount, psp_reference=attempt.psp_reference
    )


def void_inquiry(attempt: PaymentAttempt) -> InquireRequest:
    return InquireRequest(
        kind="void", psp_key=attempt.psp_key, amount=attempt.amount, psp_reference=attempt.psp_reference
    )


def capture_inquiry(capture: Capture, attempt: PaymentAttempt) -> InquireRequest:
    before = Money(attempt.amount_captured_minor, attempt.currency)
    after = None
    if capture.status == CaptureStatus.SUCCEEDED:
        # Asked about again for its fee: it is among what was captured, and others may have followed.
        after = _captured_after(capture)
        before -= capture.amount + after
    return InquireRequest(
        kind="capture",
        psp_key=attempt.psp_key,
        amount=capture.amount,
        psp_reference=attempt.psp_reference,
        captured_before=before,
        captured_after=after,
    )


def increment_inquiry(increment: AuthorizationIncrement, attempt: PaymentAttempt) -> InquireRequest:
    return InquireRequest(
        kind="increment",
        psp_key=attempt.psp_key,
        amount=increment.amount,
        psp_reference=attempt.psp_reference,
    )


def _captured_after(capture: Capture) -> Money:
    later = Capture.objects.for_merchant(capture.merchant_id).filter(
        attempt_id=capture.attempt_id, id__gt=capture.id, status=CaptureStatus.SUCCEEDED
    )
    total = later.aggregate(total=Sum("amount_minor"))["total"]
    return Money(total or 0, capture.currency)


def refund_inquiry(refund: Refund, attempt: PaymentAttempt) -> InquireRequest:
    return InquireRequest(
        kind="refund",
        psp_key=refund.psp_key,
        amount=refund.amount,
        psp_reference=refund.psp_reference,
        parent_reference=attempt.psp_reference,
    )
