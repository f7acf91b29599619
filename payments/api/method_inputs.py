"""Parameters of POST /v1/payment_methods by type, in Stripe's shapes. Shapes only: nothing here saves or decides."""

from __future__ import annotations

import re
from typing import Any

from foundation.errors import ParameterMissing
from foundation.http.errors import ParametersExclusive
from foundation.http.serializers import (
    EnumField,
    InputSerializer,
    IntegerField,
    MetadataField,
    PublicIdField,
    StringField,
)
from payments.api.inputs import MAX_TOKEN, PAYMENT_METHOD_TYPES, BillingDetailsInput, CardTokenInput
from payments.errors import AccountNumberInvalid, IbanInvalid, RoutingNumberInvalid

IDEAL_BANKS = [
    "abn_amro",
    "asn_bank",
    "bunq",
    "buut",
    "finom",
    "handelsbanken",
    "ing",
    "knab",
    "mollie",
    "moneyou",
    "n26",
    "nn",
    "rabobank",
    "regiobank",
    "revolut",
    "sns_bank",
    "triodos_bank",
    "van_lanschot",
    "yoursafe",
]
# Without these a bank or a lender takes nothing. Source: https://docs.stripe.com/api/payment_methods/create, and the
# pages of each method, read 2026-11.
NEEDED_BILLING = {
    "sepa_debit": (("name",), ("email",)),
    "us_bank_account": (("name",),),
    "klarna": (("email",), ("address", "country")),
}
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


class IbanField(StringField):
    """An IBAN in any spelling, as its characters alone."""

    def run_validation(self, data: Any = None) -> str:
        iban = re.sub(r"[ \-]", "", super().run_validation(data)).upper()
        if not _IBAN.fullmatch(iban) or _remainder_97(iban) != 1:
            raise IbanInvalid()
        return iban


class RoutingNumberField(StringField):
    """Nine digits, the last of which proves the others."""

    def run_validation(self, data: Any = None) -> str:
        number: str = super().run_validation(data)
        if not re.fullmatch(r"[0-9]{9}", number):
            raise RoutingNumberInvalid()
        weighed = sum(weight * int(digit) for weight, digit in zip((3, 7, 1) * 3, number, strict=True))
        if weighed % 10 != 0 or not int(number):
            raise RoutingNumberInvalid()
        return number


class AccountNumberField(StringField):
    def run_validation(self, data: Any = None) -> str:
        number: str = super().run_validation(data)
        if not re.fullmatch(r"[0-9]{4,17}", number):
            raise AccountNumberInvalid()
        return number


class _TokenOr(InputSerializer):
    """token, ours: what a PSP's own component made of it, as for a card; then it is all there is."""

    needed: tuple[str, ...] = ()

    def refuse(self, validated: dict[str, Any]) -> None:
        if "token" in validated:
            others = sorted(validated.keys() - {"token"})
            if others:
                raise ParametersExclusive("A token says everything; leave the rest out.", param=others[0])
            return
        for name in self.needed:
            if name not in validated:
                raise ParameterMissing(f"Missing required param: {name}.", param=name)


class SepaDebitInput(_TokenOr):
    needed = ("iban",)

    iban = IbanField(max_length=100, required=False)
    token = StringField(max_length=MAX_TOKEN, required=False)


class UsBankAccountInput(_TokenOr):
    needed = ("account_number", "routing_number", "account_holder_type")

    account_number = AccountNumberField(max_length=100, required=False)
    routing_number = RoutingNumberField(max_length=100, required=False)
    account_holder_type = EnumField(choices=["company", "individual"], required=False)
    account_type = EnumField(choices=["checking", "savings"], required=False)
    token = StringField(max_length=MAX_TOKEN, required=False)


class IdealInput(_TokenOr):
    bank = EnumField(choices=IDEAL_BANKS, required=False)
    token = StringField(max_length=MAX_TOKEN, required=False)


class UpiInput(_TokenOr):
    vpa = StringField(max_length=255, required=False)
    token = StringField(max_length=MAX_TOKEN, required=False)


class BirthdayInput(InputSerializer):
    day = IntegerField(min_value=1, max_value=31)
    month = IntegerField(min_value=1, max_value=12)
    year = IntegerField(min_value=1900, max_value=2100)


class KlarnaInput(_TokenOr):
    dob = BirthdayInput(required=False)
    token = StringField(max_length=MAX_TOKEN, required=False)


class PaymentMethodCreateInput(InputSerializer):
    type = EnumField(choices=PAYMENT_METHOD_TYPES)
    card = CardTokenInput(required=False)
    sepa_debit = SepaDebitInput(required=False)
    us_bank_account = UsBankAccountInput(required=False)
    ideal = IdealInput(required=False)
    upi = UpiInput(required=False)
    klarna = KlarnaInput(required=False)
    billing_details = BillingDetailsInput(required=False)
    metadata = MetadataField()
    # Ours: whose token it is, or who shall keep it, where a merchant has several PSP accounts.
    psp_account = PublicIdField("psp", kind="psp_account", required=False)

    def refuse(self, validated: dict[str, Any]) -> None:
        chosen = validated["type"]
        for other in PAYMENT_METHOD_TYPES:
            if other != chosen and other in validated:
                raise ParametersExclusive(f"The type is {chosen}: leave {other} out.", param=other)
        if chosen not in validated and chosen in ("card", "sepa_debit", "us_bank_account"):
            raise ParameterMissing(f"Missing required param: {chosen}.", param=chosen)
        if "token" in validated.get(chosen, {}):
            return
        for path in NEEDED_BILLING.get(chosen, ()):
            _refuse_unless_given(validated.get("billing_details") or {}, path)


def _refuse_unless_given(billing: dict[str, Any], path: tuple[str, ...]) -> None:
    found: Any = billing
    for name in path:
        found = (found or {}).get(name)
    if not found:
        param = "billing_details" + "".join(f"[{name}]" for name in path)
        raise ParameterMissing(f"Missing required param: {param}.", param=param)


def _remainder_97(iban: str) -> int:
    # ISO 13616: the first four characters go last, letters count from 10.
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97
