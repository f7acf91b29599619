"""The VAT id of a subscription's customer, as an agent writes it down."""

from __future__ import annotations

from typing import Any

from foundation.backoffice.forms import ReasonedForm
from foundation.backoffice.views import ActionView
from subscriptions.admin.creating import text_field
from subscriptions.models import Subscription
from subscriptions.operations.set_vat_id import set_vat_id


class VatIdForm(ReasonedForm):
    vat_id = text_field(
        max_length=32,
        required=False,
        label="VAT id",
        help_text="With its country's letters, such as DE136695976. Empty takes it away.",
    )
    field_order = ("vat_id", "reason")


class SetVatId(ActionView):
    verb = "vat_id"
    label = "VAT id"
    tone = "plain"
    permission = "subscriptions.change_billing"
    form_class = VatIdForm

    @classmethod
    def applies(cls, subscription: Subscription) -> bool:
        return subscription.is_live

    def explanation(self, subscription: Subscription) -> str:
        return (
            "It is of the customer, and stands on invoices from the next one on. Across a border, a customer who is set"
            " to reverse charge then owes the tax in our place."
        )

    def perform(self, subscription: Subscription, answers: dict[str, Any]) -> str:
        billing = set_vat_id(
            merchant_id=subscription.merchant_id,
            customer_id=subscription.customer_id,
            vat_id=answers["vat_id"],
        )
        return f"VAT id {billing.vat_id} is kept." if billing.vat_id else "The VAT id is taken away."
