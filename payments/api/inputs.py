"""Parameters of the payments endpoints. Shapes only: nothing here saves or decides."""

from __future__ import annotations

from typing import Any

from foundation.http.serializers import (
    AmountField,
    ArrayField,
    BooleanField,
    CountryField,
    CreatedFilterField,
    CurrencyField,
    EmailField,
    EnumField,
    InputSerializer,
    ListInput,
    MetadataField,
    PublicIdField,
    StringField,
    UrlField,
)
from payments.models import PayoutStatus

PAYMENT_METHOD_TYPES = ["card", "sepa_debit", "us_bank_account", "ideal", "upi", "klarna"]
MAX_TOKEN = 8_000
"""What Adyen's component gives the browser is a JSON object with every field encrypted by itself."""
BALANCE_TRANSACTION_TYPES = [
    "adjustment",
    "charge",
    "payout",
    "payout_cancel",
    "payout_failure",
    "refund",
    "refund_failure",
    "stripe_fee",
]
CAPTURE_METHODS = ["automatic", "automatic_async", "manual"]
CANCELLATION_REASONS = ["abandoned", "duplicate", "fraudulent", "requested_by_customer"]
REFUND_REASONS = ["duplicate", "fraudulent", "requested_by_customer"]


def optional(field: type[Any], *args: Any, **kwargs: Any) -> Any:
    """A field that may be left out, and unset by an empty value."""
    return field(*args, required=False, allow_null=True, **kwargs)


class AddressInput(InputSerializer):
    city = optional(StringField)
    country = optional(CountryField)
    line1 = optional(StringField)
    line2 = optional(StringField)
    postal_code = optional(StringField, max_length=32)
    state = optional(StringField)


class ShippingInput(InputSerializer):
    address = AddressInput()
    name = StringField()
    carrier = optional(StringField)
    phone = optional(StringField, max_length=32)
    tracking_number = optional(StringField)


class CustomerShippingInput(InputSerializer):
    address = AddressInput()
    name = StringField()
    phone = optional(StringField, max_length=32)


class BillingDetailsInput(InputSerializer):
    address = AddressInput(required=False, allow_null=True)
    email = optional(EmailField)
    name = optional(StringField)
    phone = optional(StringField, max_length=32)
    tax_id = optional(StringField, max_length=64)


class InvoiceSettingsInput(InputSerializer):
    default_payment_method = PublicIdField("pm", kind="payment_method", required=False)


class CustomerCreateInput(InputSerializer):
    name = optional(StringField, max_length=256)
    email = optional(EmailField)
    phone = optional(StringField, max_length=32)
    description = optional(StringField, max_length=1_000)
    address = AddressInput(required=False, allow_null=True)
    shipping = CustomerShippingInput(required=False, allow_null=True)
    metadata = MetadataField()
    preferred_locales = ArrayField(child=StringField(max_length=16), required=False)
    tax_exempt = EnumField(choices=["none", "exempt", "reverse"], required=False)
    payment_method = StringField(max_length=255, required=False)


class CustomerUpdateInput(InputSerializer):
    name = optional(StringField, max_length=256)
    email = optional(EmailField)
    phone = optional(StringField, max_length=32)
    description = optional(StringField, max_length=1_000)
    address = AddressInput(required=False, allow_null=True)
    shipping = CustomerShippingInput(required=False, allow_null=True)
    metadata = MetadataField()
    preferred_locales = ArrayField(child=StringField(max_length=16), required=False)
    tax_exempt = EnumField(choices=["none", "exempt", "reverse"], required=False)
    invoice_settings = InvoiceSettingsInput(required=False)


class CustomerListInput(ListInput):
    email = EmailField(required=False)
    created = CreatedFilterField(required=False)


class CardTokenInput(InputSerializer):
    token = StringField(max_length=MAX_TOKEN)


class PaymentMethodUpdateInput(InputSerializer):
    billing_details = BillingDetailsInput(required=False)
    metadata = MetadataField()


class PaymentMethodListInput(ListInput):
    customer = PublicIdField("cus", kind="customer", required=False)
    type = EnumField(choices=PAYMENT_METHOD_TYPES, required=False)


class PaymentMethodOfCustomerListInput(ListInput):
    type = EnumField(choices=PAYMENT_METHOD_TYPES, required=False)


class AttachInput(InputSerializer):
    customer = PublicIdField("cus", kind="customer")


class AutomaticMethodsInput(InputSerializer):
    enabled = BooleanField()
    allow_redirects = EnumField(choices=["always", "never"], required=False)


class PaymentIntentCreateInput(InputSerializer):
    amount = AmountField()
    currency = CurrencyField()
    customer = PublicIdField("cus", kind="customer", required=False)
    payment_method = StringField(max_length=255, required=False)
    payment_method_types = ArrayField(child=EnumField(choices=PAYMENT_METHOD_TYPES), required=False)
    automatic_payment_methods = AutomaticMethodsInput(required=False)
    capture_method = EnumField(choices=CAPTURE_METHODS, required=False)
    confirmation_method = EnumField(choices=["automatic"], required=False)
    confirm = BooleanField(required=False)
    off_session = BooleanField(required=False)
    setup_future_usage = EnumField(choices=["off_session", "on_session"], required=False)
    return_url = UrlField(required=False)
    description = optional(StringField, max_length=1_000)
    metadata = MetadataField()
    receipt_email = optional(EmailField)
    shipping = ShippingInput(required=False, allow_null=True)
    statement_descriptor = optional(StringField, max_length=22)
    statement_descriptor_suffix = optional(StringField, max_length=22)


class PaymentIntentUpdateInput(InputSerializer):
    amount = AmountField(required=False)
    currency = CurrencyField(required=False)
    customer = PublicIdField("cus", kind="customer", required=False)
    payment_method = StringField(max_length=255, required=False)
    setup_future_usage = optional(EnumField, choices=["off_session", "on_session"])
    description = optional(StringField, max_length=1_000)
    metadata = MetadataField()
    receipt_email = optional(EmailField)
    shipping = ShippingInput(required=False, allow_null=True)
    statement_descriptor = optional(StringField, max_length=22)
    statement_descriptor_suffix = optional(StringField, max_length=22)


class PaymentIntentConfirmInput(InputSerializer):
    payment_method = StringField(max_length=255, required=False)
    return_url = UrlField(required=False)
    off_session = BooleanField(required=False)


class PaymentIntentCaptureInput(InputSerializer):
    amount_to_capture = AmountField(required=False)
    final_capture = BooleanField(required=False, default=True)


class PaymentIntentIncrementInput(InputSerializer):
    """amount: what is to be authorized in all."""

    amount = AmountField()


class PaymentIntentCancelInput(InputSerializer):
    cancellation_reason = EnumField(choices=CANCELLATION_REASONS, required=False)


class PaymentIntentListInput(ListInput):
    customer = PublicIdField("cus", kind="customer", required=False)
    created = CreatedFilterField(required=False)


class ChargeListInput(ListInput):
    customer = PublicIdField("cus", kind="customer", required=False)
    payment_intent = PublicIdField("pi", kind="payment_intent", required=False)
    created = CreatedFilterField(required=False)


class RefundCreateInput(InputSerializer):
    charge = PublicIdField("ch", kind="charge", required=False)
    payment_intent = PublicIdField("pi", kind="payment_intent", required=False)
    amount = AmountField(required=False)
    currency = CurrencyField(required=False)
    reason = EnumField(choices=REFUND_REASONS, required=False)
    metadata = MetadataField()


class RefundUpdateInput(InputSerializer):
    metadata = MetadataField()


class RefundListInput(ListInput):
    charge = PublicIdField("ch", kind="charge", required=False)
    payment_intent = PublicIdField("pi", kind="payment_intent", required=False)
    created = CreatedFilterField(required=False)


class SetupIntentCreateInput(InputSerializer):
    customer = PublicIdField("cus", kind="customer", required=False)
    payment_method = StringField(max_length=255, required=False)
    payment_method_types = ArrayField(child=EnumField(choices=PAYMENT_METHOD_TYPES), required=False)
    automatic_payment_methods = AutomaticMethodsInput(required=False)
    usage = EnumField(choices=["off_session", "on_session"], required=False)
    description = optional(StringField, max_length=1_000)
    metadata = MetadataField()
    confirm = BooleanField(required=False)
    return_url = UrlField(required=False)


class SetupIntentUpdateInput(InputSerializer):
    customer = PublicIdField("cus", kind="customer", required=False)
    payment_method = StringField(max_length=255, required=False)
    description = optional(StringField, max_length=1_000)
    metadata = MetadataField()


class SetupIntentConfirmInput(InputSerializer):
    payment_method = StringField(max_length=255, required=False)
    return_url = UrlField(required=False)


class SetupIntentListInput(ListInput):
    customer = PublicIdField("cus", kind="customer", required=False)
    payment_method = PublicIdField("pm", kind="payment_method", required=False)
    created = CreatedFilterField(required=False)


class PayoutListInput(ListInput):
    status = EnumField(choices=list(PayoutStatus.values), required=False)
    arrival_date = CreatedFilterField(required=False)
    created = CreatedFilterField(required=False)


class BalanceTransactionListInput(ListInput):
    type = EnumField(choices=BALANCE_TRANSACTION_TYPES, required=False)
    # DRF's Field has an attribute of this name; on a serializer's class it is a field like any other.
    source = StringField(max_length=64, required=False)  # type: ignore[assignment]
    payout = PublicIdField("po", kind="payout", required=False)
    currency = CurrencyField(required=False)
    created = CreatedFilterField(required=False)
