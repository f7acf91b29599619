"""Keep what a success leaves for later charges: the mandate, the network's transaction id, the method itself."""

from __future__ import annotations

from uuid import UUID

from foundation.jobs.staging import stage_job
from foundation.transactions import joins_transaction
from payments.models import Mandate, PaymentAttempt, PaymentIntent, PaymentMethod, PspAccount


@joins_transaction
def keep_mandate(
    *, merchant_id: UUID, payment_method_id: UUID, account: PspAccount, psp_reference: str
) -> Mandate | None:
    """The mandate with the PSP's id, made once; None where there is none. Writes a mandate."""
    if not psp_reference:
        return None
    Mandate.objects.for_merchant(merchant_id).bulk_create(
        [
            Mandate(
                merchant_id=merchant_id,
                payment_method_id=payment_method_id,
                psp_account=account,
                psp_reference=psp_reference,
            )
        ],
        ignore_conflicts=True,
    )
    rows = Mandate.objects.for_merchant(merchant_id)
    return rows.get(psp_account_id=account.id, psp_reference=psp_reference)


@joins_transaction
def keep_network_transaction(attempt: PaymentAttempt) -> None:
    """The first charge's id at the network stays with the method: later ones refer to it. Writes the method."""
    if not attempt.network_transaction_id or attempt.off_session:
        return
    # A charge without the customer refers to the chain; only one in their presence begins it.
    PaymentMethod.objects.for_merchant(attempt.merchant_id).filter(
        pk=attempt.payment_method_id, network_transaction_id=""
    ).update(network_transaction_id=attempt.network_transaction_id)


@joins_transaction
def keep_used_method(intent: PaymentIntent, attempt: PaymentAttempt) -> None:
    """setup_future_usage: the method becomes the customer's. Writes the job that attaches it, at the PSP first."""
    if intent.setup_future_usage and intent.customer_id:
        stage_attachment(
            merchant_id=intent.merchant_id,
            payment_method_id=attempt.payment_method_id,
            customer_id=intent.customer_id,
        )


@joins_transaction
def stage_attachment(*, merchant_id: UUID, payment_method_id: UUID, customer_id: UUID) -> None:
    """Nothing where it is somebody's already."""
    method = PaymentMethod.objects.for_merchant(merchant_id).get(pk=payment_method_id)
    if method.customer_id is not None:
        return
    stage_job(
        "payments.keep_used_method",
        {
            "merchant_id": str(merchant_id),
            "payment_method_id": str(payment_method_id),
            "customer_id": str(customer_id),
        },
        merchant_id=merchant_id,
        dedupe_key=f"keep:{payment_method_id}:{customer_id}",
    )
