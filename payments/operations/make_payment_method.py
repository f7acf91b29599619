"""Make a payment method of an account or a bank's page: a PSP keeps the account, we keep the PSP's token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from foundation.ids import encode_id
from foundation.transactions import outside_transaction, owns_transaction
from payments.errors import PaymentMethodUnusable, PspNotConfigured, PspUnavailable
from payments.models import PaymentMethod, PspAccount
from payments.psp.making import MadeToken, MakeTokenRequest
from payments.psp.methods import METHOD_TYPES
from payments.psp.outcomes import Declined
from payments.psp.registry import connector_for
from payments.queries.psp_accounts import get_psp_account, list_psp_accounts
from payments.queries.psp_orders import credentials_of
from payments.steps.write_method import write_method

ADDRESS_NAMES = ("line1", "line2", "city", "state", "postal_code", "country")


@outside_transaction
def make_payment_method(
    *,
    merchant_id: UUID,
    payment_method_id: UUID,
    type: str,
    details: Mapping[str, Any],
    psp_account_id: UUID | None = None,
    billing_details: dict[str, Any] | None = None,
    metadata: dict[str, str] | None = None,
    may_exist: bool = False,
) -> PaymentMethod:
    """type: the house's name of what is no card. details: by Stripe's names; an account's number goes to the PSP only.

    psp_account_id: who keeps it; None: the first active account that takes the type and answers.
    Raises: ResourceMissing, PspNotConfigured, PaymentMethodUnusable (the PSP refuses it), PspUnavailable.
    Writes: the PSP call, the payment method, its sealed token.
    Safe to repeat: the key at the PSP follows from payment_method_id; with may_exist the id finds the first one.
    """
    if may_exist:
        rows = PaymentMethod.objects.for_merchant(merchant_id).select_related("merchant")
        existing = rows.filter(pk=payment_method_id).first()
        if existing is not None:
            return existing
    billing = billing_details or {}
    request = MakeTokenRequest(
        psp_key=f"make_{encode_id('pm', payment_method_id)}",
        type=type,
        details=details,
        billing={name: billing[name] for name in ("name", "email", "phone") if billing.get(name)},
        address=_address(billing.get("address") or {}),
    )
    account, made = _make(_accounts_for(merchant_id, type, psp_account_id), request)
    return _store(
        merchant_id=merchant_id,
        payment_method_id=payment_method_id,
        type=type,
        account=account,
        made=made,
        billing_details=billing,
        metadata=metadata or {},
    )


def _accounts_for(merchant_id: UUID, type: str, psp_account_id: UUID | None) -> list[PspAccount]:
    if psp_account_id is not None:
        accounts = [get_psp_account(merchant_id=merchant_id, psp_account_id=psp_account_id)]
    else:
        rows = list_psp_accounts(merchant_id=merchant_id).filter(is_active=True)
        accounts = list(rows.order_by("priority", "id"))
    taking = [
        one
        for one in accounts
        if type in METHOD_TYPES.get(one.psp, ()) and type in (one.payment_method_types or [type])
    ]
    if not taking:
        raise PspNotConfigured(f"No active PSP account of this merchant takes {type}.")
    return taking


def _make(accounts: list[PspAccount], request: MakeTokenRequest) -> tuple[PspAccount, MadeToken]:
    """By the first account that makes it. A token moves no money: another may be asked after any answer but a no."""
    for account in accounts:
        made = connector_for(account.psp).make_token(credentials_of(account), request)
        if made.token:
            return account, made
        if isinstance(made.outcome, Declined):
            raise PaymentMethodUnusable(
                made.outcome.message or "The PSP refused this payment method.", param=request.type
            )
    raise PspUnavailable()


def _address(given: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(given[name]) for name in ADDRESS_NAMES if given.get(name)}


@owns_transaction
def _store(
    *,
    merchant_id: UUID,
    payment_method_id: UUID,
    type: str,
    account: PspAccount,
    made: MadeToken,
    billing_details: dict[str, Any],
    metadata: dict[str, str],
) -> PaymentMethod:
    return write_method(
        merchant_id=merchant_id,
        payment_method_id=payment_method_id,
        type=type,
        facts=made.facts,
        details=made.details,
        accounts=[account],
        token=made.token,
        call=made.call,
        called=account,
        billing_details=billing_details,
        metadata=metadata,
    )
