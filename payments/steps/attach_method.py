"""Write that a payment method belongs to a customer, with what its PSPs answered."""

from __future__ import annotations

from dataclasses import dataclass, field

from foundation import clock
from foundation.jobs.staging import stage_job
from foundation.transactions import joins_transaction
from foundation.vault.fields import encrypt_field
from payments import events
from payments.errors import PaymentMethodAlreadyAttached
from payments.models import Customer, PaymentMethod, PspToken
from payments.psp.port import SavedToken
from payments.steps.announce import announce_payment_method
from payments.steps.record_call import record_call

Answered = list[tuple[PspToken, SavedToken]]


@dataclass(frozen=True, slots=True)
class Saving:
    """What the PSPs made of a method's tokens. waiting: those whose PSP gave no answer."""

    saved: Answered = field(default_factory=list)
    refused: Answered = field(default_factory=list)
    waiting: Answered = field(default_factory=list)


@joins_transaction
def attach_method(method: PaymentMethod, customer: Customer, *, saving: Saving) -> None:
    """The method and the customer are locked or new.

    Raises PaymentMethodAlreadyAttached. Writes: the PSP calls, the tokens, the method, payment_method.attached; a job
    for the tokens that wait."""
    refuse_unless_attachable(method, customer)
    keep_saving(saving)
    if saving.waiting:
        stage_job(
            "payments.save_waiting_tokens",
            {
                "merchant_id": str(method.merchant_id),
                "payment_method_id": str(method.id),
                "customer_id": str(customer.id),
            },
            merchant_id=method.merchant_id,
        )
    if method.customer_id == customer.id:
        return
    method.customer = customer
    method.save(update_fields=["customer"])
    announce_payment_method(method, events.PAYMENT_METHOD_ATTACHED)


@joins_transaction
def keep_saving(saving: Saving) -> None:
    """Writes the PSP calls and the tokens: one that its PSP refused to keep is not charged again."""
    for token, result in saving.saved:
        token.token_encrypted = encrypt_field(
            token.merchant_id,
            result.token,
            table="payments_psptoken",
            column="token_encrypted",
            row_id=token.id,
        )
        token.psp_customer_reference = result.psp_customer_reference
        token.save(update_fields=["token_encrypted", "psp_customer_reference"])
    for token, _ in saving.refused:
        token.revoked_at = clock.now()
        token.save(update_fields=["revoked_at"])
    for token, result in (*saving.saved, *saving.refused, *saving.waiting):
        record_call(
            result.call,
            psp_account=token.psp_account,
            subject_kind="token",
            subject_id=token.id,
            payment_intent_id=None,
        )


def refuse_unless_attachable(method: PaymentMethod, customer: Customer) -> None:
    """Raises PaymentMethodAlreadyAttached when it is another customer's."""
    if method.customer_id is not None and method.customer_id != customer.id:
        raise PaymentMethodAlreadyAttached(param="customer")
