"""Parameters of invoices, invoice items, credit notes and customers' balances."""

from __future__ import annotations

from typing import Any

from foundation.errors import ParameterMissing
from foundation.http.errors import ParametersExclusive
from foundation.http.serializers import (
    AmountField,
    ArrayField,
    BooleanField,
    CreatedFilterField,
    CurrencyField,
    DecimalField,
    EnumField,
    InputSerializer,
    IntegerField,
    ListInput,
    MetadataField,
    PublicIdField,
    StringField,
    TimestampField,
)
from foundation.money import MAX_AMOUNT_MINOR
from subscriptions.api.inputs_catalogue import optional
from subscriptions.api.inputs_subscriptions import (
    ANCHORS,
    COLLECTION_METHODS,
    PRORATIONS,
    UPDATE_PAYMENTS,
    ItemChangeInput,
)

NOTE_REASONS = ["duplicate", "fraudulent", "order_change", "product_unsatisfactory"]
INVOICE_STATUSES = ["draft", "open", "paid", "uncollectible", "void"]


class SignedAmountField(AmountField):
    """An amount that may be a credit."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=-MAX_AMOUNT_MINOR, **kwargs)


class InvoiceCreateInput(InputSerializer):
    customer = PublicIdField("cus", kind="customer")
    auto_advance = BooleanField(required=False)
    collection_method = EnumField(choices=COLLECTION_METHODS, required=False)
    currency = CurrencyField(required=False)
    days_until_due = IntegerField(min_value=0, max_value=3_650, required=False)
    description = optional(StringField, max_length=1_500)
    footer = optional(StringField, max_length=5_000)
    metadata = MetadataField()
    pending_invoice_items_behavior = EnumField(choices=["include", "exclude"], required=False)


class InvoiceUpdateInput(InputSerializer):
    auto_advance = BooleanField(required=False)
    default_payment_method = optional(PublicIdField, "pm", kind="payment_method")
    description = optional(StringField, max_length=1_500)
    footer = optional(StringField, max_length=5_000)
    metadata = MetadataField()
    statement_descriptor = optional(StringField, max_length=22)


class InvoiceListInput(ListInput):
    collection_method = EnumField(choices=COLLECTION_METHODS, required=False)
    created = CreatedFilterField(required=False)
    customer = PublicIdField("cus", kind="customer", required=False)
    status = EnumField(choices=INVOICE_STATUSES, required=False)
    subscription = PublicIdField("sub", kind="subscription", required=False)


class InvoiceFinalizeInput(InputSerializer):
    auto_advance = BooleanField(required=False)


class InvoicePayInput(InputSerializer):
    # Ours, without a Stripe twin: a part of what remains, in the invoice's currency.
    amount = AmountField(required=False)
    off_session = BooleanField(required=False)
    paid_out_of_band = BooleanField(required=False)
    payment_method = PublicIdField("pm", kind="payment_method", required=False)


class PreviewDetailsInput(InputSerializer):
    items = ArrayField(child=ItemChangeInput(), required=False)
    billing_cycle_anchor = EnumField(choices=ANCHORS, required=False)
    # Ours: what the update will say, since its invoice has other lines when the change waits for the payment.
    payment_behavior = EnumField(choices=UPDATE_PAYMENTS, required=False)
    proration_behavior = EnumField(choices=PRORATIONS, required=False, default="create_prorations")
    proration_date = TimestampField(required=False)


class InvoicePreviewInput(InputSerializer):
    subscription = PublicIdField("sub", kind="subscription")
    customer = PublicIdField("cus", kind="customer", required=False)
    subscription_details = PreviewDetailsInput(required=False)


class PeriodInput(InputSerializer):
    start = TimestampField()
    end = TimestampField()


class PricingInput(InputSerializer):
    price = PublicIdField("price", kind="price")


class InvoiceItemCreateInput(InputSerializer):
    customer = PublicIdField("cus", kind="customer")
    amount = SignedAmountField(required=False)
    currency = CurrencyField(required=False)
    description = optional(StringField, max_length=500)
    discountable = BooleanField(required=False)
    invoice = PublicIdField("in", kind="invoice", required=False)
    metadata = MetadataField()
    period = PeriodInput(required=False)
    pricing = PricingInput(required=False)
    quantity = IntegerField(min_value=0, max_value=2**53, required=False)
    subscription = PublicIdField("sub", kind="subscription", required=False)
    tax_rates = ArrayField(child=PublicIdField("txr", kind="tax rate"), required=False)
    unit_amount_decimal = DecimalField(required=False)

    def refuse(self, validated: dict[str, Any]) -> None:
        ways = [name for name in ("amount", "pricing", "unit_amount_decimal") if name in validated]
        if not ways:
            raise ParameterMissing("Give amount, pricing or unit_amount_decimal.", param="amount")
        if len(ways) > 1:
            raise ParametersExclusive(f"Give {ways[0]} or {ways[1]}, not both.", param=ways[1])
        if "invoice" in validated and "subscription" in validated:
            raise ParametersExclusive("Give invoice or subscription, not both.", param="subscription")


class InvoiceItemUpdateInput(InputSerializer):
    amount = SignedAmountField(required=False)
    description = optional(StringField, max_length=500)
    discountable = BooleanField(required=False)
    metadata = MetadataField()


class InvoiceItemListInput(ListInput):
    created = CreatedFilterField(required=False)
    customer = PublicIdField("cus", kind="customer", required=False)
    invoice = PublicIdField("in", kind="invoice", required=False)
    pending = BooleanField(required=False)


class NoteLineInput(InputSerializer):
    type = EnumField(choices=["invoice_line_item", "custom_line_item"])
    invoice_line_item = PublicIdField("il", kind="invoice line item", required=False)
    amount = AmountField(required=False)
    quantity = IntegerField(min_value=1, max_value=2**53, required=False)
    unit_amount = AmountField(required=False)
    description = StringField(max_length=500, required=False)

    def refuse(self, validated: dict[str, Any]) -> None:
        if validated["type"] == "custom_line_item":
            if "unit_amount" not in validated or "description" not in validated:
                raise ParameterMissing("A custom line has unit_amount and description.", param="unit_amount")
            return
        if "invoice_line_item" not in validated:
            raise ParameterMissing("Missing required param: invoice_line_item.", param="invoice_line_item")
        if ("amount" in validated) == ("quantity" in validated):
            raise ParametersExclusive("Give amount or quantity, one of them.", param="amount")


class CreditNotePreviewInput(InputSerializer):
    invoice = PublicIdField("in", kind="invoice")
    amount = AmountField(required=False)
    credit_amount = AmountField(min_value=0, required=False)
    lines = ArrayField(child=NoteLineInput(), required=False)
    memo = optional(StringField, max_length=5_000)
    metadata = MetadataField()
    out_of_band_amount = AmountField(min_value=0, required=False)
    reason = EnumField(choices=NOTE_REASONS, required=False)
    refund_amount = AmountField(min_value=0, required=False)

    def refuse(self, validated: dict[str, Any]) -> None:
        if ("amount" in validated) == ("lines" in validated):
            raise ParametersExclusive("Give amount or lines, one of them.", param="lines")


class CreditNoteCreateInput(CreditNotePreviewInput):
    pass


class CreditNoteListInput(ListInput):
    created = CreatedFilterField(required=False)
    customer = PublicIdField("cus", kind="customer", required=False)
    invoice = PublicIdField("in", kind="invoice", required=False)


class BalanceTransactionCreateInput(InputSerializer):
    amount = SignedAmountField()
    currency = CurrencyField()
    description = StringField(max_length=350, required=False)
    metadata = MetadataField()
