"""Let a payment method be charged at another PSP account too: take in that PSP's token of the same card."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import outside_transaction, owns_transaction
from payments.errors import PaymentMethodUnusable, PspTokenUnknown, PspUnavailable
from payments.locks import lock_payment_method
from payments.models import PaymentMethod, PspAccount, PspToken, TokenKind
from payments.operations.attach_payment_method import attach_payment_method
from payments.psp.outcomes import CardFacts
from payments.psp.port import TokenDescription
from payments.psp.registry import connector_for
from payments.queries.customers import get_payment_method
from payments.queries.psp_accounts import get_psp_account
from payments.queries.psp_orders import credentials_of
from payments.steps.record_call import record_call
from payments.steps.seal_token import sealed_token


@outside_transaction
def add_psp_token(
    *,
    merchant_id: UUID,
    payment_method_id: UUID,
    psp_account_id: UUID,
    token: str,
    kind: str = TokenKind.PSP,
) -> PaymentMethod:
    """token: what the PSP of this account gave for the same card; never a card number.

    kind: of a network's token, what the PSP calls the one that it keeps for us.
    Raises: ResourceMissing, PspTokenUnknown, PspUnavailable, PaymentMethodUnusable (it is another card).
    Writes: the PSP call, the sealed token; for an attached method, the token with its customer there as well.
    Safe to repeat: an account that has a token of this kind for the method keeps it.
    """
    method = get_payment_method(merchant_id=merchant_id, payment_method_id=payment_method_id)
    account = get_psp_account(merchant_id=merchant_id, psp_account_id=psp_account_id)
    description = connector_for(account.psp).describe_token(credentials_of(account), token)
    if description.card is None:
        if description.call.outcome.startswith("unknown"):
            raise PspUnavailable()
        raise PspTokenUnknown(f"No such token: '{token[:32]}'", param="token")
    refuse_unless_same_card(method, description.card)
    _store(
        merchant_id=merchant_id,
        method_id=method.id,
        account=account,
        token=token,
        kind=kind,
        description=description,
    )
    if method.customer_id is not None:
        attach_payment_method(
            merchant_id=merchant_id, payment_method_id=method.id, customer_id=method.customer_id
        )
    return get_payment_method(merchant_id=merchant_id, payment_method_id=payment_method_id)


def refuse_unless_same_card(method: PaymentMethod, card: CardFacts) -> None:
    """By what both PSPs tell of a card: fingerprints are each PSP's own, and Adyen tells digits and expiry only with a
    payment. Raises PaymentMethodUnusable."""
    pairs = (
        (method.last4, card.last4),
        (method.exp_month, card.exp_month),
        (method.exp_year, card.exp_year),
        (method.country, card.country),
        (method.funding, card.funding),
    )
    differs = any(ours and theirs and ours != theirs for ours, theirs in pairs)
    if differs or method.brand != card.brand:
        raise PaymentMethodUnusable("The token is of another card than the payment method.", param="token")


@owns_transaction
def _store(
    *,
    merchant_id: UUID,
    method_id: UUID,
    account: PspAccount,
    token: str,
    kind: str,
    description: TokenDescription,
) -> None:
    # Locked: two requests together must not both find that there is none.
    method = lock_payment_method(merchant_id=merchant_id, payment_method_id=method_id)
    held = PspToken.objects.for_merchant(merchant_id).filter(payment_method_id=method_id)
    if held.filter(psp_account_id=account.id, kind=kind, revoked_at__isnull=True).exists():
        return
    row = sealed_token(method, account, token, kind=kind)
    row.save(force_insert=True)
    record_call(
        description.call,
        psp_account=account,
        subject_kind="token",
        subject_id=row.id,
        payment_intent_id=None,
    )
