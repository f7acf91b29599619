"""Reading PSP accounts and their inbox."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from foundation.errors import ResourceMissing
from foundation.ids import PublicIdInvalid, decode_id
from payments.errors import PspNotConfigured
from payments.models import PaymentAttempt, PspAccount, SetupIntent


def list_psp_accounts(*, merchant_id: UUID) -> QuerySet[PspAccount]:
    return PspAccount.objects.for_merchant(merchant_id)


def get_token_account(*, merchant_id: UUID, psp_account_id: UUID | None) -> PspAccount:
    """The named account, or the merchant's first active one by priority. Raises ResourceMissing, PspNotConfigured."""
    if psp_account_id is not None:
        return get_psp_account(merchant_id=merchant_id, psp_account_id=psp_account_id)
    rows = list_psp_accounts(merchant_id=merchant_id)
    account = rows.filter(is_active=True).order_by("priority", "id").first()
    if account is None:
        raise PspNotConfigured("This merchant has no active PSP account.")
    return account


def list_sibling_accounts(account: PspAccount) -> list[PspAccount]:
    """The merchant's other active accounts at the same PSP."""
    rows = list_psp_accounts(merchant_id=account.merchant_id).filter(psp=account.psp, is_active=True)
    return list(rows.exclude(pk=account.pk).order_by("priority", "id"))


def get_psp_account(*, merchant_id: UUID, psp_account_id: UUID) -> PspAccount:
    """With its merchant. Raises ResourceMissing, also for another merchant's."""
    account = find_psp_account(merchant_id=merchant_id, psp_account_id=psp_account_id)
    if account is None:
        raise ResourceMissing("No such psp_account.", param="psp_account")
    return account


def find_psp_account(*, merchant_id: UUID, psp_account_id: UUID) -> PspAccount | None:
    rows = list_psp_accounts(merchant_id=merchant_id).select_related("merchant")
    return rows.filter(pk=psp_account_id).first()


def find_account_of_statement(*, merchant_id: UUID, public_id: str) -> PspAccount | None:
    """By the name that statements and the ledger know it by."""
    try:
        account_id = decode_id(PspAccount.public_prefix, public_id)
    except PublicIdInvalid:
        return None
    return find_psp_account(merchant_id=merchant_id, psp_account_id=account_id)


def list_account_ids() -> list[tuple[UUID, UUID]]:
    """(id, merchant) of every merchant's accounts: a sweep serves them all."""
    return list(PspAccount.across_merchants.order_by("id").values_list("id", "merchant_id"))


def find_account_for_webhooks(psp_account_id: UUID) -> PspAccount | None:
    """By the id in the webhook's URL, whoever's it is: the signature proves the rest."""
    return PspAccount.across_merchants.filter(pk=psp_account_id).first()


def find_merchant_of_action(prefix: str, row_id: UUID) -> UUID | None:
    """Whose charge or setup intent a customer comes back for; the id in the address is all there is."""
    model = SetupIntent if prefix == "seti" else PaymentAttempt
    return model.across_merchants.filter(pk=row_id).values_list("merchant_id", flat=True).first()
