"""Save with their customer the tokens whose PSP was away when the payment method was attached."""

from __future__ import annotations

from uuid import UUID

from foundation.errors import ResourceMissing
from foundation.transactions import outside_transaction, owns_transaction
from payments.errors import PspUnavailable
from payments.locks import lock_payment_method
from payments.operations.save_at_psps import save_at_psps
from payments.queries.customers import get_live_customer, get_payment_method
from payments.steps.attach_method import Saving, keep_saving


@outside_transaction
def save_waiting_tokens(*, merchant_id: UUID, payment_method_id: UUID, customer_id: UUID) -> bool:
    """Whether there was anything to save: nothing for a customer who is gone, or a method that is theirs no more.

    Raises PspUnavailable while a PSP is still away, and is tried again.
    Writes: the PSP calls, the tokens. Safe to repeat: a saved token is not saved again.
    """
    method = get_payment_method(merchant_id=merchant_id, payment_method_id=payment_method_id)
    try:
        customer = get_live_customer(merchant_id=merchant_id, customer_id=customer_id)
    except ResourceMissing:
        return False
    if method.customer_id != customer.id:
        return False
    saving = save_at_psps(customer=customer, method=method)
    _record(merchant_id=merchant_id, payment_method_id=payment_method_id, saving=saving)
    if saving.waiting:
        raise PspUnavailable()
    return bool(saving.saved or saving.refused)


@owns_transaction
def _record(*, merchant_id: UUID, payment_method_id: UUID, saving: Saving) -> None:
    lock_payment_method(merchant_id=merchant_id, payment_method_id=payment_method_id)
    keep_saving(saving)
