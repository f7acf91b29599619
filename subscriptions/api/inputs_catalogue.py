"""Parameters of the catalogue: products, prices, coupons, promotion codes, tax rates, meters."""

from __future__ import annotations

from typing import Any

from foundation.errors import ParameterMissing
from foundation.http.errors import ParametersExclusive
from foundation.http.serializers import (
    AmountField,
    ArrayField,
    BooleanField,
    CountryField,
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
    UrlField,
)
from subscriptions.api.fields import PayloadField, UpToField

INTERVALS = ["day", "week", "month", "year"]
TAX_BEHAVIORS = ["exclusive", "inclusive", "unspecified"]
PRORATION_BASES = ["second", "day", "month_of_30"]


def optional(field: type[Any], *args: Any, **kwargs: Any) -> Any:
    """A field that may be left out, and unset by an empty value."""
    return field(*args, required=False, allow_null=True, **kwargs)


class FeatureInput(InputSerializer):
    name = StringField(max_length=80)


class RecurringInput(InputSerializer):
    interval = EnumField(choices=INTERVALS)
    interval_count = IntegerField(min_value=1, max_value=1_095, required=False)
    usage_type = EnumField(choices=["licensed", "metered"], required=False)
    meter = PublicIdField("mtr", kind="meter", required=False)
    trial_period_days = IntegerField(min_value=1, max_value=730, required=False)


class DefaultPriceInput(InputSerializer):
    currency = CurrencyField()
    unit_amount = AmountField(min_value=0, required=False)
    unit_amount_decimal = DecimalField(min_value=0, required=False)
    recurring = RecurringInput(required=False)
    tax_behavior = EnumField(choices=TAX_BEHAVIORS, required=False)
    metadata = MetadataField()


class ProductCreateInput(InputSerializer):
    name = StringField(max_length=250)
    active = BooleanField(required=False)
    description = optional(StringField, max_length=1_000)
    default_price_data = DefaultPriceInput(required=False)
    images = ArrayField(child=UrlField(), required=False)
    marketing_features = ArrayField(child=FeatureInput(), required=False)
    metadata = MetadataField()
    statement_descriptor = optional(StringField, max_length=22)
    tax_code = optional(StringField, max_length=32)
    type = EnumField(choices=["service", "good"], required=False)
    unit_label = optional(StringField, max_length=40)
    url = optional(UrlField)


class ProductUpdateInput(InputSerializer):
    name = StringField(max_length=250, required=False)
    active = BooleanField(required=False)
    default_price = PublicIdField("price", kind="price", required=False)
    description = optional(StringField, max_length=1_000)
    images = ArrayField(child=UrlField(), required=False, allow_null=True)
    marketing_features = ArrayField(child=FeatureInput(), required=False, allow_null=True)
    metadata = MetadataField()
    statement_descriptor = optional(StringField, max_length=22)
    tax_code = optional(StringField, max_length=32)
    unit_label = optional(StringField, max_length=40)
    url = optional(UrlField)


class ProductListInput(ListInput):
    active = BooleanField(required=False)
    created = CreatedFilterField(required=False)
    type = EnumField(choices=["service", "good"], required=False)
    url = UrlField(required=False)


class TierInput(InputSerializer):
    up_to = UpToField()
    unit_amount = AmountField(min_value=0, required=False)
    unit_amount_decimal = DecimalField(min_value=0, required=False)
    flat_amount = AmountField(min_value=0, required=False)
    flat_amount_decimal = DecimalField(min_value=0, required=False)


class TransformInput(InputSerializer):
    divide_by = IntegerField(min_value=1, max_value=2**31 - 1)
    round = EnumField(choices=["up", "down"])


class PriceProductInput(InputSerializer):
    name = StringField(max_length=250)
    metadata = MetadataField()
    tax_code = StringField(max_length=32, required=False)
    unit_label = StringField(max_length=40, required=False)
    statement_descriptor = StringField(max_length=22, required=False)
    active = BooleanField(required=False)


class PriceCreateInput(InputSerializer):
    currency = CurrencyField()
    active = BooleanField(required=False)
    product = PublicIdField("prod", kind="product", required=False)
    product_data = PriceProductInput(required=False)
    unit_amount = AmountField(min_value=0, required=False)
    unit_amount_decimal = DecimalField(min_value=0, required=False)
    billing_scheme = EnumField(choices=["per_unit", "tiered"], required=False)
    tiers = ArrayField(child=TierInput(), required=False)
    tiers_mode = EnumField(choices=["graduated", "volume"], required=False)
    transform_quantity = TransformInput(required=False)
    recurring = RecurringInput(required=False)
    lookup_key = StringField(max_length=200, required=False)
    transfer_lookup_key = BooleanField(required=False)
    nickname = optional(StringField, max_length=250)
    tax_behavior = EnumField(choices=TAX_BEHAVIORS, required=False)
    metadata = MetadataField()
    # Ours: what a part of a period is measured in.
    proration_basis = EnumField(choices=PRORATION_BASES, required=False)

    def refuse(self, validated: dict[str, Any]) -> None:
        if ("product" in validated) == ("product_data" in validated):
            raise ParametersExclusive("Give product or product_data, one of them.", param="product")
        if "unit_amount" in validated and "unit_amount_decimal" in validated:
            raise ParametersExclusive(
                "Give unit_amount or unit_amount_decimal, not both.", param="unit_amount_decimal"
            )


class PriceUpdateInput(InputSerializer):
    active = BooleanField(required=False)
    lookup_key = optional(StringField, max_length=200)
    transfer_lookup_key = BooleanField(required=False)
    nickname = optional(StringField, max_length=250)
    tax_behavior = EnumField(choices=TAX_BEHAVIORS, required=False)
    metadata = MetadataField()


class PriceListInput(ListInput):
    active = BooleanField(required=False)
    created = CreatedFilterField(required=False)
    currency = CurrencyField(required=False)
    lookup_keys = ArrayField(child=StringField(max_length=200), required=False)
    product = PublicIdField("prod", kind="product", required=False)
    type = EnumField(choices=["one_time", "recurring"], required=False)


class AppliesToInput(InputSerializer):
    products = ArrayField(child=PublicIdField("prod", kind="product"))


class CouponCreateInput(InputSerializer):
    id = StringField(max_length=200, required=False)
    name = optional(StringField, max_length=40)
    percent_off = DecimalField(min_value=0, max_value=100, required=False)
    amount_off = AmountField(required=False)
    currency = CurrencyField(required=False)
    duration = EnumField(choices=["once", "repeating", "forever"], required=False, default="once")
    duration_in_months = IntegerField(min_value=1, max_value=1_200, required=False)
    max_redemptions = IntegerField(min_value=1, max_value=2**31 - 1, required=False)
    redeem_by = TimestampField(required=False)
    applies_to = AppliesToInput(required=False)
    metadata = MetadataField()

    def refuse(self, validated: dict[str, Any]) -> None:
        if ("percent_off" in validated) == ("amount_off" in validated):
            raise ParametersExclusive("Give percent_off or amount_off, one of them.", param="percent_off")
        if "amount_off" in validated and "currency" not in validated:
            raise ParameterMissing("Missing required param: currency.", param="currency")
        if (validated["duration"] == "repeating") != ("duration_in_months" in validated):
            raise ParameterMissing("duration_in_months goes with repeating.", param="duration_in_months")


class CouponUpdateInput(InputSerializer):
    name = optional(StringField, max_length=40)
    metadata = MetadataField()


class CouponListInput(ListInput):
    created = CreatedFilterField(required=False)


class PromotionInput(InputSerializer):
    type = EnumField(choices=["coupon"])
    coupon = StringField(max_length=200)


class RestrictionsInput(InputSerializer):
    first_time_transaction = BooleanField(required=False)
    minimum_amount = AmountField(required=False)
    minimum_amount_currency = CurrencyField(required=False)


class PromotionCodeCreateInput(InputSerializer):
    promotion = PromotionInput()
    code = StringField(max_length=200, required=False)
    active = BooleanField(required=False)
    customer = PublicIdField("cus", kind="customer", required=False)
    expires_at = TimestampField(required=False)
    max_redemptions = IntegerField(min_value=1, max_value=2**31 - 1, required=False)
    restrictions = RestrictionsInput(required=False)
    metadata = MetadataField()


class PromotionCodeUpdateInput(InputSerializer):
    active = BooleanField(required=False)
    metadata = MetadataField()


class PromotionCodeListInput(ListInput):
    active = BooleanField(required=False)
    code = StringField(max_length=200, required=False)
    coupon = StringField(max_length=200, required=False)
    created = CreatedFilterField(required=False)
    customer = PublicIdField("cus", kind="customer", required=False)


class TaxRateCreateInput(InputSerializer):
    display_name = StringField(max_length=50)
    inclusive = BooleanField()
    percentage = DecimalField(min_value=0, max_value=100)
    active = BooleanField(required=False)
    country = optional(CountryField)
    description = optional(StringField, max_length=1_000)
    jurisdiction = optional(StringField, max_length=50)
    state = optional(StringField, max_length=8)
    tax_type = optional(StringField, max_length=32)
    metadata = MetadataField()


class TaxRateUpdateInput(InputSerializer):
    active = BooleanField(required=False)
    country = optional(CountryField)
    description = optional(StringField, max_length=1_000)
    display_name = StringField(max_length=50, required=False)
    jurisdiction = optional(StringField, max_length=50)
    state = optional(StringField, max_length=8)
    tax_type = optional(StringField, max_length=32)
    metadata = MetadataField()


class TaxRateListInput(ListInput):
    active = BooleanField(required=False)
    created = CreatedFilterField(required=False)
    inclusive = BooleanField(required=False)


class AggregationInput(InputSerializer):
    formula = EnumField(choices=["sum", "count", "last", "max"])


class CustomerMappingInput(InputSerializer):
    event_payload_key = StringField(max_length=100)
    type = EnumField(choices=["by_id"])


class ValueSettingsInput(InputSerializer):
    event_payload_key = StringField(max_length=100)


class MeterCreateInput(InputSerializer):
    display_name = StringField(max_length=250)
    event_name = StringField(max_length=100)
    default_aggregation = AggregationInput()
    customer_mapping = CustomerMappingInput(required=False)
    value_settings = ValueSettingsInput(required=False)


class MeterUpdateInput(InputSerializer):
    display_name = StringField(max_length=250, required=False)


class MeterListInput(ListInput):
    status = EnumField(choices=["active", "inactive"], required=False)


class MeterEventInput(InputSerializer):
    event_name = StringField(max_length=100)
    payload = PayloadField()
    identifier = StringField(max_length=100, required=False)
    timestamp = TimestampField(required=False)
