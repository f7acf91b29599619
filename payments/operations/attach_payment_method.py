"""Attach a payment method to a customer, here and at the PSPs that hold its tokens."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import outside_transaction, owns_transaction
from foundation.vault.fields import encrypt_field
from payments import events
from payments.errors import PaymentMethodAlreadyAttached, PaymentMethodUnusable, PspUnavailable
from payments.locks import lock_customer, lock_payment_method
from payments.models import Customer, PaymentMethod, PspToken
from payments.psp.outcomes import Declined, Unknown
from payments.psp.port import SavedToken, SaveTokenRequest
from payments.psp.registry import connector_for
from payments.queries.customers import (
    find_psp_customer_reference,
    get_live_customer,
    get_payment_method,
    list_tokens,
)
from payments.queries.psp_orders import credentials_of, open_token
from payments.steps.announce import announce_payment_method
from payments.steps.record_call import record_call


@outside_transaction
def attach_payment_method(*, merchant_id: UUID, payment_method_id: UUID, customer_id: UUID) -> PaymentMethod:
    """Raises: ResourceMissing, PaymentMethodAlreadyAttached, PaymentMethodUnusable (the PSP refuses), PspUnavailable.

    Writes: the PSP calls, the tokens, the method, payment_method.attached.
    Safe to repeat: attaching again to the same customer changes nothing.
    """
    customer = get_live_customer(merchant_id=merchant_id, customer_id=customer_id)
    method = get_payment_method(merchant_id=merchant_id, payment_method_id=payment_method_id)
    refuse_unless_attachable(method, customer)
    saved = []
    for token in list_tokens(merchant_id=merchant_id, payment_method_id=payment_method_id):
        if not token.psp_customer_reference:
            saved.append((token, _save_at_psp(token, customer)))
    return _record(
        merchant_id=merchant_id, payment_method_id=payment_method_id, customer_id=customer_id, saved=saved
    )


def refuse_unless_attachable(method: PaymentMethod, customer: Customer) -> None:
    if method.customer_id is not None and method.customer_id != customer.id:
        raise PaymentMethodAlreadyAttached(param="customer")


def _save_at_psp(token: PspToken, customer: Customer) -> SavedToken:
    account = token.psp_account
    reference = find_psp_customer_reference(
        merchant_id=customer.merchant_id, customer_id=customer.id, psp_account_id=account.id
    )
    request = SaveTokenRequest(
        psp_key=f"attach_{token.public_id}",
        customer_key=customer.public_id,
        token=open_token(token),
        psp_customer_reference=reference,
    )
    saved = connector_for(account.psp).save_token(credentials_of(account), request)
    if isinstance(saved.outcome, Declined):
        raise PaymentMethodUnusable("The PSP refused to save this payment method.", param="payment_method")
    if isinstance(saved.outcome, Unknown) or not saved.token:
        # Saving moves no money and our keys make it repeatable: the caller may simply try again.
        raise PspUnavailable()
    return saved


@owns_transaction
def _record(
    *,
    merchant_id: UUID,
    payment_method_id: UUID,
    customer_id: UUID,
    saved: list[tuple[PspToken, SavedToken]],
) -> PaymentMethod:
    customer = lock_customer(merchant_id=merchant_id, customer_id=customer_id)
    method = lock_payment_method(merchant_id=merchant_id, payment_method_id=payment_method_id)
    refuse_unless_attachable(method, customer)
    for token, result in saved:
        token.token_encrypted = encrypt_field(
            merchant_id, result.token, table="payments_psptoken", column="token_encrypted", row_id=token.id
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
        return method
    method.customer = customer
    method.save(update_fields=["customer"])
    announce_payment_method(method, events.PAYMENT_METHOD_ATTACHED)
    return method
