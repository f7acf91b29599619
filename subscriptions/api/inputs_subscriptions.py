"""Parameters of subscriptions, their items and schedules, and of test clocks."""

from __future__ import annotations

from typing import Any

from foundation.errors import ParameterMissing
from foundation.http.errors import ParametersExclusive
from foundation.http.serializers import (
    ArrayField,
    BooleanField,
    CreatedFilterField,
    CurrencyField,
    EnumField,
    InputSerializer,
    IntegerField,
    ListInput,
    MetadataField,
    PublicIdField,
    StringField,
    TimestampField,
)
from payments.api.inputs import CustomerCreateInput
from subscriptions.api.fields import NOW, InstantField
from subscriptions.api.inputs_catalogue import optional

PRORATIONS = ["create_prorations", "always_invoice", "none"]
# Ours: as a schedule of one change, with the next period.
PRORATIONS_OF_UPDATE = [*PRORATIONS, "at_period_end"]
ANCHORS = ["now", "unchanged"]
UPDATE_PAYMENTS = [
    "allow_incomplete",
    "default_incomplete",
    "error_if_incomplete",
    "pending_if_incomplete",
]
COLLECTION_METHODS = ["charge_automatically", "send_invoice"]
STATUSES = [
    "incomplete",
    "incomplete_expired",
    "trialing",
    "active",
    "past_due",
    "unpaid",
    "paused",
    "canceled",
]
QUANTITY = {"min_value": 0, "max_value": 2**53}


GOES_WITH_PENDING = {
    "billing_cycle_anchor",
    "items",
    "off_session",
    "payment_behavior",
    "preview_token",
    "proration_behavior",
    "proration_date",
}
"""What an update with pending_if_incomplete may hold. Source: Stripe, pending updates reference, read 2026-11."""


class DiscountInput(InputSerializer):
    coupon = StringField(max_length=200, required=False)
    promotion_code = PublicIdField("promo", kind="promotion code", required=False)


class ItemCreateInput(InputSerializer):
    price = PublicIdField("price", kind="price")
    quantity = IntegerField(required=False, **QUANTITY)
    tax_rates = ArrayField(child=PublicIdField("txr", kind="tax rate"), required=False, allow_null=True)
    discounts = ArrayField(child=DiscountInput(), required=False, allow_null=True)
    metadata = MetadataField()


class ItemChangeInput(InputSerializer):
    id = PublicIdField("si", kind="subscription item", required=False)
    price = PublicIdField("price", kind="price", required=False)
    quantity = IntegerField(required=False, **QUANTITY)
    deleted = BooleanField(required=False)


class EndBehaviorInput(InputSerializer):
    missing_payment_method = EnumField(choices=["cancel", "create_invoice", "pause"])


class TrialSettingsInput(InputSerializer):
    end_behavior = EndBehaviorInput()


class AnchorConfigInput(InputSerializer):
    day_of_month = IntegerField(min_value=1, max_value=31)
    month = IntegerField(min_value=1, max_value=12, required=False)
    hour = IntegerField(min_value=0, max_value=23, required=False)
    minute = IntegerField(min_value=0, max_value=59, required=False)
    second = IntegerField(min_value=0, max_value=59, required=False)


class PaymentSettingsInput(InputSerializer):
    payment_method_types = ArrayField(child=EnumField(choices=["card"]), required=False, allow_null=True)
    save_default_payment_method = EnumField(choices=["off", "on_subscription"], required=False)


class BillingModeInput(InputSerializer):
    type = EnumField(choices=["flexible"])


class PauseInput(InputSerializer):
    behavior = EnumField(choices=["keep_as_draft", "mark_uncollectible", "void"])
    resumes_at = TimestampField(required=False)


class CancellationInput(InputSerializer):
    comment = optional(StringField, max_length=1_000)
    feedback = optional(
        EnumField,
        choices=[
            "customer_service",
            "low_quality",
            "missing_features",
            "other",
            "switched_service",
            "too_complex",
            "too_expensive",
            "unused",
        ],
    )


class SubscriptionCreateInput(InputSerializer):
    customer = PublicIdField("cus", kind="customer")
    items = ArrayField(child=ItemCreateInput())
    backdate_start_date = TimestampField(required=False)
    billing_cycle_anchor = TimestampField(required=False)
    billing_cycle_anchor_config = AnchorConfigInput(required=False)
    billing_mode = BillingModeInput(required=False)
    cancel_at = TimestampField(required=False)
    cancel_at_period_end = BooleanField(required=False)
    collection_method = EnumField(choices=COLLECTION_METHODS, required=False)
    currency = CurrencyField(required=False)
    days_until_due = IntegerField(min_value=0, max_value=3_650, required=False)
    default_payment_method = PublicIdField("pm", kind="payment_method", required=False)
    default_tax_rates = ArrayField(
        child=PublicIdField("txr", kind="tax rate"), required=False, allow_null=True
    )
    description = optional(StringField, max_length=500)
    discounts = ArrayField(child=DiscountInput(), required=False, allow_null=True)
    metadata = MetadataField()
    off_session = BooleanField(required=False)
    payment_behavior = EnumField(
        choices=["allow_incomplete", "default_incomplete", "error_if_incomplete"], required=False
    )
    payment_settings = PaymentSettingsInput(required=False)
    trial_end = InstantField(NOW, required=False)
    trial_period_days = IntegerField(min_value=1, max_value=730, required=False)
    trial_settings = TrialSettingsInput(required=False)

    def refuse(self, validated: dict[str, Any]) -> None:
        if "trial_end" in validated and "trial_period_days" in validated:
            raise ParametersExclusive(
                "Give trial_end or trial_period_days, not both.", param="trial_period_days"
            )
        if "billing_cycle_anchor" in validated and "billing_cycle_anchor_config" in validated:
            raise ParametersExclusive(
                "Give billing_cycle_anchor or billing_cycle_anchor_config, not both.",
                param="billing_cycle_anchor_config",
            )


class SubscriptionUpdateInput(InputSerializer):
    items = ArrayField(child=ItemChangeInput(), required=False)
    billing_cycle_anchor = EnumField(choices=ANCHORS, required=False)
    cancel_at = optional(TimestampField)
    cancel_at_period_end = BooleanField(required=False)
    cancellation_details = CancellationInput(required=False)
    collection_method = EnumField(choices=COLLECTION_METHODS, required=False)
    days_until_due = IntegerField(min_value=0, max_value=3_650, required=False)
    default_payment_method = optional(PublicIdField, "pm", kind="payment_method")
    default_tax_rates = ArrayField(
        child=PublicIdField("txr", kind="tax rate"), required=False, allow_null=True
    )
    description = optional(StringField, max_length=500)
    discounts = ArrayField(child=DiscountInput(), required=False, allow_null=True)
    metadata = MetadataField()
    pause_collection = PauseInput(required=False, allow_null=True)
    off_session = BooleanField(required=False)
    payment_behavior = EnumField(choices=UPDATE_PAYMENTS, required=False)
    payment_settings = PaymentSettingsInput(required=False)
    proration_behavior = EnumField(choices=PRORATIONS_OF_UPDATE, required=False, default="create_prorations")
    proration_date = TimestampField(required=False)
    trial_end = InstantField(NOW, required=False)
    trial_settings = TrialSettingsInput(required=False)
    # Ours: of a preview, to be committed as it was shown.
    preview_token = StringField(max_length=1_000, required=False)

    def refuse(self, validated: dict[str, Any]) -> None:
        waits = validated.get("payment_behavior") == "pending_if_incomplete"
        beside = sorted(set(validated) - GOES_WITH_PENDING)
        if waits and beside:
            raise ParametersExclusive(
                f"{beside[0]} can not wait for a payment: send it in an update of its own.", param=beside[0]
            )


class SubscriptionListInput(ListInput):
    collection_method = EnumField(choices=COLLECTION_METHODS, required=False)
    created = CreatedFilterField(required=False)
    customer = PublicIdField("cus", kind="customer", required=False)
    price = PublicIdField("price", kind="price", required=False)
    status = EnumField(choices=[*STATUSES, "all", "ended"], required=False)
    test_clock = PublicIdField("clock", kind="test clock", required=False)


class SubscriptionCancelInput(InputSerializer):
    cancellation_details = CancellationInput(required=False)
    invoice_now = BooleanField(required=False)
    prorate = BooleanField(required=False)


class SubscriptionResumeInput(InputSerializer):
    billing_cycle_anchor = EnumField(choices=["now", "unchanged"], required=False)


class ItemOfSubscriptionCreateInput(InputSerializer):
    subscription = PublicIdField("sub", kind="subscription")
    price = PublicIdField("price", kind="price")
    quantity = IntegerField(required=False, **QUANTITY)
    payment_behavior = EnumField(choices=UPDATE_PAYMENTS, required=False)
    proration_behavior = EnumField(choices=PRORATIONS, required=False, default="create_prorations")
    proration_date = TimestampField(required=False)


class ItemUpdateInput(InputSerializer):
    price = PublicIdField("price", kind="price", required=False)
    quantity = IntegerField(required=False, **QUANTITY)
    payment_behavior = EnumField(choices=UPDATE_PAYMENTS, required=False)
    proration_behavior = EnumField(choices=PRORATIONS, required=False, default="create_prorations")
    proration_date = TimestampField(required=False)


class ItemDeleteInput(InputSerializer):
    payment_behavior = EnumField(choices=UPDATE_PAYMENTS, required=False)
    proration_behavior = EnumField(choices=PRORATIONS, required=False, default="create_prorations")
    proration_date = TimestampField(required=False)


class ItemListInput(ListInput):
    subscription = PublicIdField("sub", kind="subscription")


class PhaseItemInput(InputSerializer):
    price = PublicIdField("price", kind="price")
    quantity = IntegerField(required=False, **QUANTITY)


class DurationInput(InputSerializer):
    interval = EnumField(choices=["day", "week", "month", "year"])
    interval_count = IntegerField(min_value=1, max_value=1_000, required=False)


class PhaseInput(InputSerializer):
    items = ArrayField(child=PhaseItemInput())
    start_date = InstantField(NOW, required=False)
    end_date = TimestampField(required=False)
    duration = DurationInput(required=False)
    proration_behavior = EnumField(choices=PRORATIONS, required=False)

    def refuse(self, validated: dict[str, Any]) -> None:
        if "end_date" in validated and "duration" in validated:
            raise ParametersExclusive("Give end_date or duration, not both.", param="duration")


class ScheduleInvoiceSettingsInput(InputSerializer):
    days_until_due = IntegerField(min_value=0, max_value=3_650, required=False)


class ScheduleSettingsInput(InputSerializer):
    collection_method = EnumField(choices=COLLECTION_METHODS, required=False)
    default_payment_method = PublicIdField("pm", kind="payment_method", required=False)
    description = optional(StringField, max_length=500)
    invoice_settings = ScheduleInvoiceSettingsInput(required=False)


class ScheduleCreateInput(InputSerializer):
    from_subscription = PublicIdField("sub", kind="subscription", required=False)
    customer = PublicIdField("cus", kind="customer", required=False)
    start_date = InstantField(NOW, required=False)
    phases = ArrayField(child=PhaseInput(), required=False)
    end_behavior = EnumField(choices=["release", "cancel"], required=False)
    default_settings = ScheduleSettingsInput(required=False)
    metadata = MetadataField()

    def refuse(self, validated: dict[str, Any]) -> None:
        if "from_subscription" in validated:
            for name in ("customer", "start_date", "phases", "default_settings"):
                if name in validated:
                    raise ParametersExclusive(f"Give from_subscription or {name}, not both.", param=name)
        elif "customer" not in validated:
            raise ParameterMissing("Give customer or from_subscription.", param="customer")
        elif "phases" not in validated:
            raise ParameterMissing("Missing required param: phases.", param="phases")


class ScheduleUpdateInput(InputSerializer):
    phases = ArrayField(child=PhaseInput(), required=False)
    end_behavior = EnumField(choices=["release", "cancel"], required=False)
    metadata = MetadataField()


class ScheduleListInput(ListInput):
    created = CreatedFilterField(required=False)
    customer = PublicIdField("cus", kind="customer", required=False)


class TestClockCreateInput(InputSerializer):
    frozen_time = TimestampField()
    name = StringField(max_length=300, required=False)


class TestClockAdvanceInput(InputSerializer):
    frozen_time = TimestampField()


class BilledCustomerCreateInput(CustomerCreateInput):
    test_clock = PublicIdField("clock", kind="test clock", required=False)
