"""Write a payment method with its sealed tokens, one for each account that is good for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from foundation.tenancy.queries import get_merchant
from foundation.transactions import joins_transaction
from payments.models import PaymentMethod, PspAccount, PspToken
from payments.psp.outcomes import CallRecord, CardFacts
from payments.steps.record_call import record_call
from payments.steps.seal_token import sealed_token


@joins_transaction
def write_method(
    *,
    merchant_id: UUID,
    payment_method_id: UUID,
    type: str,
    facts: CardFacts,
    details: Mapping[str, str],
    accounts: list[PspAccount],
    token: str,
    call: CallRecord | None,
    called: PspAccount | None,
    billing_details: dict[str, Any],
    metadata: dict[str, str],
) -> PaymentMethod:
    """call, called: what brought it, and from which account; None when it was known.

    Writes: the payment method, its tokens, the PSP call."""
    method = PaymentMethod(
        id=payment_method_id,
        merchant=get_merchant(merchant_id),
        type=type,
        brand=facts.brand,
        last4=facts.last4,
        bin=facts.bin[:8],
        exp_month=facts.exp_month,
        exp_year=facts.exp_year,
        funding=facts.funding,
        country=facts.country,
        fingerprint=facts.fingerprint,
        wallet=facts.wallet,
        details=dict(details),
        billing_details=billing_details,
        metadata=metadata,
    )
    method.save(force_insert=True)
    rows = [sealed_token(method, account, token) for account in accounts]
    PspToken.across_merchants.bulk_create(rows)
    if call is not None and called is not None:
        record_call(
            call,
            psp_account=called,
            subject_kind="token",
            subject_id=rows[0].id,
            payment_intent_id=None,
        )
    return method
