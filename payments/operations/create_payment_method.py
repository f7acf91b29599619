"""Create a payment method from a PSP's token: ask the PSP what the token is, then seal it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation.transactions import outside_transaction, owns_transaction
from payments.errors import PspTokenUnknown, PspUnavailable
from payments.models import PaymentMethod, PspAccount
from payments.psp.outcomes import CardFacts
from payments.psp.port import TokenDescription
from payments.psp.registry import connector_for
from payments.queries.psp_accounts import get_token_account, list_sibling_accounts
from payments.queries.psp_orders import credentials_of
from payments.steps.write_method import write_method

# Test tokens are shared by everybody and never change: one look per process is enough.
_described: dict[tuple[UUID, str], TokenDescription] = {}
# Prefixes of public test tokens, no secrets.
SHARED_TEST_TOKEN_PREFIX = (
    "pm_card_",
    "pm_usBankAccount_",
    "pm_sepaDebit_",
    "pm_ideal_",
    "pm_upi_",
    "pm_klarna_",
)
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
    type: str | None = None,
) -> PaymentMethod:
    """token: what the PSP's own fields or SDK gave the browser; never a card number. type: what it must be of, if said.

    psp_account_id: whose token it is; None: the merchant's first active account.
    Raises: PspNotConfigured, PspTokenUnknown, PspUnavailable.
    Writes: the PSP call, the payment method, its sealed token; of a shared test token, which is good at every account
    of its PSP, one for each.
    Safe to repeat: with may_exist the same payment_method_id finds the first one.
    """
    if may_exist:
        rows = PaymentMethod.objects.for_merchant(merchant_id).select_related("merchant")
        existing = rows.filter(pk=payment_method_id).first()
        if existing is not None:
            return existing
    account = get_token_account(merchant_id=merchant_id, psp_account_id=psp_account_id)
    is_shared = token.startswith(SHARED_TEST_TOKEN_PREFIX)
    accounts = [account]
    if is_shared and psp_account_id is None:
        accounts += list_sibling_accounts(account)
    known = _described.get((account.id, token))
    described_by, description = (account, known) if known else _describe(accounts, token)
    if description.card is None:
        if description.call.outcome.startswith("unknown"):
            raise PspUnavailable()
        raise PspTokenUnknown(f"No such token: '{token[:32]}'", param="payment_method")
    if type is not None and (description.type or "card") != type:
        raise PspTokenUnknown(f"The token is of {description.type or 'card'}, not of {type}.", param="type")
    if is_shared and len(_described) < MAX_DESCRIBED:
        _described[account.id, token] = description
    return _store(
        merchant_id=merchant_id,
        payment_method_id=payment_method_id,
        accounts=accounts,
        token=token,
        description=description,
        described_by=described_by if known is None else None,
        billing_details=billing_details or {},
        metadata=metadata or {},
    )


def _describe(accounts: list[PspAccount], token: str) -> tuple[PspAccount, TokenDescription]:
    """What the first account that answers says; the others are asked only where the token is theirs as well."""
    for account in accounts:
        description = connector_for(account.psp).describe_token(credentials_of(account), token)
        if not description.call.outcome.startswith("unknown"):
            break
    return account, description


@owns_transaction
def _store(
    *,
    merchant_id: UUID,
    payment_method_id: UUID,
    accounts: list[PspAccount],
    token: str,
    description: TokenDescription,
    described_by: PspAccount | None,
    billing_details: dict[str, Any],
    metadata: dict[str, str],
) -> PaymentMethod:
    return write_method(
        merchant_id=merchant_id,
        payment_method_id=payment_method_id,
        type=description.type or "card",
        facts=description.card or CardFacts(),
        details=description.details,
        accounts=accounts,
        token=token,
        call=description.call,
        called=described_by,
        billing_details=billing_details,
        metadata=metadata,
    )
