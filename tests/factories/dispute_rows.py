"""Disputes for the pages: of payments made as rows, as a PSP tells of them."""

from __future__ import annotations

from typing import Any

from django.test import Client

from disputes.models import Dispute
from foundation.tenancy.models import Merchant
from payments.models import PaymentIntent
from tests.factories.back_office_rows import paid_payment
from tests.factories.dispute_news import Claim


class RowShop:
    """As much of a Shop as a Claim asks for, without a PSP."""

    def __init__(self, merchant: Merchant) -> None:
        self.id = merchant.id

    def fresh(self, intent: PaymentIntent) -> PaymentIntent:
        return PaymentIntent.objects.for_merchant(self.id).get(pk=intent.pk)


def claim_of(merchant: Merchant, intent: PaymentIntent | None = None, **fields: Any) -> Claim:
    """A claim at the PSP about a paid payment of the merchant, of all that was paid unless told otherwise."""
    paid = intent if intent is not None else paid_payment(merchant)
    fields.setdefault("amount", paid.amount_minor)
    fields.setdefault("currency", paid.currency)
    return Claim(RowShop(merchant), paid, **fields)  # type: ignore[arg-type]


def open_dispute(merchant: Merchant, intent: PaymentIntent | None = None, **fields: Any) -> Dispute:
    """Money and fee are taken, an answer is due."""
    claim = claim_of(merchant, intent, **fields)
    return claim.hears(claim.takes().says("needs_response"))


def fresh(dispute: Dispute) -> Dispute:
    return Dispute.objects.for_merchant(dispute.merchant_id).get(pk=dispute.pk)


def save_evidence_page(client: Client, dispute: Dispute, **changed: Any) -> Any:
    """Press a button of the evidence page as it was shown to this client; `do` names the button."""
    address = f"/admin/disputes/dispute/{dispute.pk}/evidence/"
    form = client.get(address).context["form"]
    shown = {name: value for name in form.fields if (value := form[name].value()) is not None}
    return client.post(address, {**shown, "do": "save", **changed})
