"""Create a payment method from a PSP's token: ask the PSP what the token is, then seal it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation.ids import new_id
from foundation.tenancy.queries import get_merchant
from foundation.transactions import outside_transaction, owns_transaction
from foundation.vault.fields import encrypt_field
from payments.errors import PspTokenUnknown, PspUnavailable
from payments.models import PaymentMethod, PspAccount, PspToken
from payments.psp.outcomes import CardFacts
from payments.psp.port import TokenDescription
from payments.psp.registry import connector_for
from payments.queries.psp_accounts import get_token_account
from payments.queries.psp_orders import credentials_of
from payments.steps.record_call import record_call

# Test tokens are shared by everybody and never change: one look per process is enough.
_described: dict[tuple[UUID, str], TokenDescription] = {}
SHARED_TEST_TOKEN_PREFIX = "pm_card_"  # noqa: S105 - the prefix of public test tokens, no secret
MAX_DESCRIBED = 1_000


@outside_transaction
def create_payment_method(
    *,
    merchant_id: UUID,
    payment_method_id: UUID,
    token: str,
    psp_account_id: UUID | None = None,
    billing_details: dict[str, Any] | None = None,
    metadata: dict[str, str] | None = None,
    may_exist: bool = False,
) -> PaymentMethod:
    """token: what the PSP's own fields or SDK gave the browser; never a card number.

    psp_account_id: whose token it is; None: the merchant's first active account.
    Raises: PspNotConfigured, PspTokenUnknown, PspUnavailable.
    Writes: the PSP call, the payment method, its sealed token.
    Safe to repeat: with may_exist the same payment_method_id finds the first one.
    """
    if may_exist:
        rows = PaymentMethod.objects.for_merchant(merchant_id).select_related("merchant")
        existing = rows.filter(pk=payment_method_id).first()
        if existing is not None:
            return existing
    account = get_token_account(merchant_id=merchant_id, psp_account_id=psp_account_id)
    known = _described.get((account.id, token))
    description = known or connector_for(account.psp).describe_token(credentials_of(account), token)
    if description.card is None:
        if description.call.outcome.startswith("unknown"):
            raise PspUnavailable()
        raise PspTokenUnknown(f"No such token: '{token[:32]}'", param="payment_method")
    if token.startswith(SHARED_TEST_TOKEN_PREFIX) and len(_described) < MAX_DESCRIBED:
        _described[account.id, token] = description
    return _store(
        merchant_id=merchant_id,
        payment_method_id=payment_method_id,
        account=account,
        token=token,
        description=description,
        is_fresh=known is None,
        billing_details=billing_details or {},
        metadata=metadata or {},
    )


@owns_transaction
def _store(
    *,
    merchant_id: UUID,
    payment_method_id: UUID,
    account: PspAccount,
    token: str,
    description: TokenDescription,
    is_fresh: bool,
    billing_details: dict[str, Any],
    metadata: dict[str, str],
) -> PaymentMethod:
    card = description.card or CardFacts()
    method = PaymentMethod(
        id=payment_method_id,
        merchant=get_merchant(merchant_id),
        type=description.type or "card",
        brand=card.brand,
        last4=card.last4,
        exp_month=card.exp_month,
        exp_year=card.exp_year,
        funding=card.funding,
        country=card.country,
        fingerprint=card.fingerprint,
        wallet=card.wallet,
        billing_details=billing_details,
        metadata=metadata,
    )
    method.save(force_insert=True)
    row_id = new_id()
    sealed = encrypt_field(
        merchant_id, token, table="payments_psptoken", column="token_encrypted", row_id=row_id
    )
    PspToken(
        id=row_id,
        merchant_id=merchant_id,
        payment_method=method,
        psp_account=account,
        token_encrypted=sealed,
    ).save(force_insert=True)
    if is_fresh:
        record_call(
            description.call,
            psp_account=account,
            subject_kind="token",
            subject_id=row_id,
            payment_intent_id=None,
        )
    return method
