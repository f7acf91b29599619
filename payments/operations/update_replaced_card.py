"""Take over what a network's card updater told a PSP: a card was replaced, or lives longer."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from foundation.vault.fields import encrypt_field
from payments import events
from payments.locks import lock_payment_method
from payments.psp.outcomes import CardFacts
from payments.queries.psp_orders import list_held_tokens
from payments.steps.announce import announce_payment_method

TAKEN_OVER = ("brand", "last4", "exp_month", "exp_year", "funding", "country", "fingerprint")


@owns_transaction
def update_replaced_card(
    *,
    merchant_id: UUID,
    psp_account_id: UUID,
    token: str,
    psp_customer_reference: str,
    card: CardFacts | None,
    new_token: str = "",
) -> bool | None:
    """Answers whether anything changed; None for a token that is none of ours.

    token: the PSP's, as we hold it sealed; found among those of the customer at the PSP. new_token: the one to use
    from now on, empty when it is the same.
    Raises: ResourceMissing.
    Writes: the payment method, its sealed token; payment_method.automatically_updated.
    Safe to repeat: what is known already changes nothing and tells nothing.
    """
    if not token or not psp_customer_reference:
        return None
    found = list_held_tokens(
        merchant_id=merchant_id, psp_account_id=psp_account_id, psp_customer_reference=psp_customer_reference
    )
    held = found.get(token) or (found.get(new_token) if new_token else None)
    if held is None:
        return None
    method = lock_payment_method(merchant_id=merchant_id, payment_method_id=held.payment_method_id)
    changed = []
    for name in TAKEN_OVER if card else ():
        told = getattr(card, name)
        if told and told != getattr(method, name):
            setattr(method, name, told)
            changed.append(name)
    is_replaced = bool(new_token) and held is found.get(token)
    if is_replaced:
        held.token_encrypted = encrypt_field(
            merchant_id, new_token, table="payments_psptoken", column="token_encrypted", row_id=held.id
        )
        held.save(update_fields=["token_encrypted"])
    if changed:
        method.save(update_fields=changed)
    if changed or is_replaced:
        announce_payment_method(method, events.PAYMENT_METHOD_AUTOMATICALLY_UPDATED)
    return bool(changed) or is_replaced
