"""Parameters of /v1/routing and /v1/psp_accounts. Shapes only: what the values mean is decided in payments/routing."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from foundation.http import errors
from foundation.http.serializers import (
    AmountField,
    ArrayField,
    BooleanField,
    CountryField,
    CreatedFilterField,
    CurrencyField,
    EnumField,
    InputSerializer,
    IntegerField,
    ListInput,
    MetadataField,
    PublicIdField,
    StringField,
    UrlField,
)

MOST_WEIGHT = 10_000
MOST_BPS = 10_000


def words(**kwargs: Any) -> ArrayField:
    return ArrayField(
        child=StringField(max_length=64, **kwargs), min_length=1, max_length=300, required=False
    )


class AcceptedValuesField(serializers.DictField):
    """Metadata keys, each with the values that are accepted: a list of them, or one."""

    child = serializers.ListField(child=serializers.CharField())

    def to_internal_value(self, given: Any) -> dict[str, list[str]]:
        if not isinstance(given, dict):
            raise errors.ParameterNotHash("Invalid object: metadata names keys and their accepted values.")
        accepted = {
            key: list(values) if isinstance(values, list) else [values] for key, values in given.items()
        }
        if not all(isinstance(value, str) and value for values in accepted.values() for value in values):
            raise errors.ParameterNotString("Accepted values of metadata are strings.")
        return accepted

    def to_representation(self, value: Any) -> Any:
        return value


class AmountRangeInput(InputSerializer):
    gte = AmountField(min_value=0, required=False)
    lte = AmountField(min_value=0, required=False)


class ConditionsInput(InputSerializer):
    amount = AmountRangeInput(required=False)
    bin = words()
    brand = words()
    capture_method = words()
    country = ArrayField(child=CountryField(), min_length=1, max_length=300, required=False)
    currency = ArrayField(child=CurrencyField(), min_length=1, max_length=300, required=False)
    funding = words()
    metadata = AcceptedValuesField(required=False)
    method_type = words()
    off_session = BooleanField(required=False)
    wallet = words()


class TargetInput(InputSerializer):
    psp_account = PublicIdField("psp", kind="psp_account")
    # 0: stands by for the others, in the order given.
    weight = IntegerField(min_value=0, max_value=MOST_WEIGHT, required=False)


class RuleInput(InputSerializer):
    name = StringField(max_length=100)
    conditions = ConditionsInput(required=False)
    targets = ArrayField(child=TargetInput(), min_length=1, max_length=50)
    only = BooleanField(required=False)


class WeightsInput(InputSerializer):
    authorization = IntegerField(min_value=0, max_value=MOST_WEIGHT, required=False)
    cost = IntegerField(min_value=0, max_value=MOST_WEIGHT, required=False)
    latency = IntegerField(min_value=0, max_value=MOST_WEIGHT, required=False)


class RuleSetCreateInput(InputSerializer):
    name = StringField(max_length=100)
    rules = ArrayField(child=RuleInput(), max_length=500, required=False)
    weights = WeightsInput(required=False)
    note = StringField(max_length=500, required=False)


class RuleSetUpdateInput(InputSerializer):
    name = StringField(max_length=100, required=False)
    rules = ArrayField(child=RuleInput(), max_length=500)
    weights = WeightsInput(required=False)


class RuleSetListInput(ListInput):
    status = EnumField(choices=["draft", "approved", "active", "retired"], required=False)


class ArmInput(InputSerializer):
    name = StringField(max_length=32)
    psp_account = PublicIdField("psp", kind="psp_account")
    weight = IntegerField(min_value=1, max_value=MOST_WEIGHT, required=False)


class ExperimentCreateInput(InputSerializer):
    name = StringField(max_length=100)
    hypothesis = StringField(max_length=500, required=False)
    conditions = ConditionsInput(required=False)
    arms = ArrayField(child=ArmInput(), min_length=2, max_length=5)
    sticky = BooleanField(required=False)
    minimum_difference_bps = IntegerField(min_value=1, max_value=MOST_BPS, required=False)
    guardrail_bps = IntegerField(min_value=0, max_value=MOST_BPS, required=False)
    confidence_bps = IntegerField(min_value=8_000, max_value=9_999, required=False)


class ExperimentListInput(ListInput):
    status = EnumField(choices=["draft", "running", "stopped"], required=False)


class ExperimentStopInput(InputSerializer):
    reason = StringField(max_length=500)


class DecisionListInput(ListInput):
    payment_intent = PublicIdField("pi", kind="payment_intent", required=False)
    psp_account = PublicIdField("psp", kind="psp_account", required=False)
    experiment = PublicIdField("rex", kind="routing.experiment", required=False)
    created = CreatedFilterField(required=False)


class CostInput(InputSerializer):
    bps = IntegerField(min_value=0, max_value=MOST_BPS)
    fixed = AmountField(min_value=0, required=False)
    currency = CurrencyField(required=False)
    brand = StringField(max_length=32, required=False)
    country = CountryField(required=False)


class _AccountLimits(InputSerializer):
    active = BooleanField(required=False)
    cost_model = ArrayField(child=CostInput(), max_length=200, required=False)
    currencies = ArrayField(child=CurrencyField(), max_length=200, required=False)
    deadline_seconds = IntegerField(min_value=1, max_value=15, required=False)
    manual_capture = BooleanField(required=False)
    payment_method_types = ArrayField(child=StringField(max_length=32), max_length=50, required=False)
    priority = IntegerField(min_value=0, max_value=32_767, required=False)


class PspAccountCreateInput(_AccountLimits):
    psp = StringField(max_length=16)
    name = StringField(max_length=100)
    secret_key = StringField(max_length=500)
    webhook_secret = StringField(max_length=500)
    base_url = UrlField(max_length=255, required=False)
    # What its PSP needs beyond the keys, such as Adyen's merchant_account.
    settings = MetadataField(allow_null=False)


class PspAccountUpdateInput(_AccountLimits):
    name = StringField(max_length=100, required=False)
    secret_key = StringField(max_length=500, required=False)
    webhook_secret = StringField(max_length=500, required=False)


class PspTokenInput(InputSerializer):
    psp_account = PublicIdField("psp", kind="psp_account")
    token = StringField(max_length=8_000)
    kind = EnumField(choices=["psp", "network"], required=False)
