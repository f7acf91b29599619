"""Reading payouts."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q, QuerySet

from foundation.errors import ResourceMissing
from foundation.ids import encode_id
from payments.models import Payout, PspAccount


def list_payouts(*, merchant_id: UUID) -> QuerySet[Payout]:
    return Payout.objects.for_merchant(merchant_id)


def get_payout(*, merchant_id: UUID, payout_id: UUID) -> Payout:
    """Raises ResourceMissing, also for another merchant's."""
    payout = list_payouts(merchant_id=merchant_id).filter(pk=payout_id).first()
    if payout is None:
        raise ResourceMissing(f"No such payout: '{encode_id('po', payout_id)}'", param="payout")
    return payout


def find_payout_by_reference(account: PspAccount, psp_reference: str) -> Payout | None:
    rows = Payout.objects.for_merchant(account.merchant_id)
    return rows.filter(psp_account_id=account.id, psp_reference=psp_reference).first()


def list_payouts_of_entries(merchant_id: UUID, entry_ids: Sequence[UUID]) -> list[Payout]:
    """Those that an entry sent or took back."""
    of_entries = Q(sent_entry_id__in=entry_ids) | Q(return_entry_id__in=entry_ids)
    return list(Payout.objects.for_merchant(merchant_id).filter(of_entries))
