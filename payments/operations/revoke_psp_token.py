"""Stop charging a token that its PSP gave up: the card was closed, or its network withdrew it."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import owns_transaction
from payments.locks import lock_payment_method
from payments.models import PspToken
from payments.queries.psp_orders import list_held_tokens


@owns_transaction
def revoke_psp_token(
    *, merchant_id: UUID, psp_account_id: UUID, token: str, psp_customer_reference: str
) -> bool | None:
    """Answers whether it was in use until now; None for a token that is none of ours.

    token: the PSP's, as we hold it sealed. The method stays: other PSPs, and other kinds of token, may still charge it.
    Raises: ResourceMissing. Writes: the token. Safe to repeat.
    """
    held = list_held_tokens(
        merchant_id=merchant_id, psp_account_id=psp_account_id, psp_customer_reference=psp_customer_reference
    ).get(token)
    if held is None:
        return None
    lock_payment_method(merchant_id=merchant_id, payment_method_id=held.payment_method_id)
    in_use = PspToken.objects.for_merchant(merchant_id).filter(pk=held.pk, revoked_at__isnull=True)
    return bool(in_use.update(revoked_at=clock.now()))
