"""Reading PSP accounts and their inbox."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from foundation.errors import ResourceMissing
from payments.errors import PspNotConfigured
from payments.models import PspAccount


def list_psp_accounts(*, merchant_id: UUID) -> QuerySet[PspAccount]:
    return PspAccount.objects.for_merchant(merchant_id)


def get_token_account(*, merchant_id: UUID, psp_account_id: UUID | None) -> PspAccount:
    """The named account, or the merchant's first active one by priority. Raises ResourceMissing, PspNotConfigured."""
    rows = list_psp_accounts(merchant_id=merchant_id)
    if psp_account_id is not None:
        account = rows.filter(pk=psp_account_id).first()
        if account is None:
            raise ResourceMissing("No such psp_account.", param="psp_account")
        return account
    account = rows.filter(is_active=True).order_by("priority", "id").first()
    if account is None:
        raise PspNotConfigured("This merchant has no active PSP account.")
    return account


def find_account_for_webhooks(psp_account_id: UUID) -> PspAccount | None:
    """By the id in the webhook's URL, whoever's it is: the signature proves the rest."""
    return PspAccount.across_merchants.filter(pk=psp_account_id).first()
