"""Write that a payment method belongs to a customer, with what its PSPs answered."""

from __future__ import annotations

from foundation.transactions import joins_transaction
from foundation.vault.fields import encrypt_field
from payments import events
from payments.errors import PaymentMethodAlreadyAttached
from payments.models import Customer, PaymentMethod, PspToken
from payments.psp.port import SavedToken
from payments.steps.announce import announce_payment_method
from payments.steps.record_call import record_call


@joins_transaction
def attach_method(
    method: PaymentMethod, customer: Customer, *, saved: list[tuple[PspToken, SavedToken]]
) -> None:
    """The method and the customer are locked or new.

    Raises PaymentMethodAlreadyAttached. Writes: the PSP calls, the tokens, the method, payment_method.attached.
    """
    refuse_unless_attachable(method, customer)
    for token, result in saved:
        token.token_encrypted = encrypt_field(
            token.merchant_id,
            result.token,
            table="payments_psptoken",
            column="token_encrypted",
            row_id=token.id,
        )
        token.psp_customer_reference = result.psp_customer_reference
        token.save(update_fields=["token_encrypted", "psp_customer_reference"])
        record_call(
            result.call,
            psp_account=token.psp_account,
            subject_kind="token",
            subject_id=token.id,
            payment_intent_id=None,
        )
    if method.customer_id == customer.id:
        return
    method.customer = customer
    method.save(update_fields=["customer"])
    announce_payment_method(method, events.PAYMENT_METHOD_ATTACHED)


def refuse_unless_attachable(method: PaymentMethod, customer: Customer) -> None:
    """Raises PaymentMethodAlreadyAttached when it is another customer's."""
    if method.customer_id is not None and method.customer_id != customer.id:
        raise PaymentMethodAlreadyAttached(param="customer")
