"""Prices by hand: a new one of a product, and whether one is still sold. A price's terms never change."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from foundation.backoffice.forms import ActionForm
from foundation.backoffice.views import ActionView
from foundation.money import CurrencyUnknown, exponent_of
from subscriptions.admin.creating import SwitchRow, decimal_field, text_field, whole_field
from subscriptions.admin.words import amount_words
from subscriptions.models import BillingScheme, Meter, Price, Product, TaxBehavior, UsageType
from subscriptions.operations.create_price import create_price
from subscriptions.operations.update_price import update_price

PLACES = 12
KINDS = [
    ("unit", "An amount for each"),
    ("graduated", "Tiers: each quantity at the price of its own tier"),
    ("volume", "Tiers: all of it at the price of the tier it reaches"),
    ("package", "An amount for each package"),
]
INTERVALS = [
    ("", "Once"),
    ("day", "Every day"),
    ("week", "Every week"),
    ("month", "Every month"),
    ("year", "Every year"),
]
METERS_OFFERED = 100


class PriceForm(ActionForm):
    currency = text_field(max_length=3)
    kind = forms.ChoiceField(choices=KINDS, widget=UnfoldAdminSelectWidget)
    amount = decimal_field(
        required=False, decimal_places=PLACES, max_digits=24, help_text="As people write it: 12.50."
    )
    package_size = whole_field(required=False, label="Units in a package")
    tiers = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="A line for each tier: up to; for each; flat. 10; 5.00; 0 and, as the last, *; 4.00; 2.50",
    )
    interval = forms.ChoiceField(
        required=False, choices=INTERVALS, initial="month", label="Paid", widget=UnfoldAdminSelectWidget
    )
    interval_count = whole_field(initial=1, max_value=1_095, label="Every how many of them")
    meter = forms.ChoiceField(required=False, label="Counted by", widget=UnfoldAdminSelectWidget)
    tax_behavior = forms.ChoiceField(
        choices=TaxBehavior.choices,
        initial=TaxBehavior.EXCLUSIVE,
        label="Tax is",
        widget=UnfoldAdminSelectWidget,
    )
    nickname = text_field(required=False)
    lookup_key = text_field(required=False, max_length=200)

    def __init__(self, *args: Any, meters: list[Meter], currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].initial = currency
        self.fields["meter"].choices = [  # type: ignore[attr-defined]
            ("", "Nothing: the quantity is agreed"),
            *((str(meter.id), meter.display_name) for meter in meters),
        ]

    def clean_currency(self) -> str:
        currency = str(self.cleaned_data["currency"]).lower()
        try:
            exponent_of(currency)
        except CurrencyUnknown:
            raise forms.ValidationError("No such currency.") from None
        return currency

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or {}
        if self.errors:
            return answers
        digits = exponent_of(answers["currency"])
        if answers["kind"] in ("graduated", "volume"):
            answers["terms"] = {
                "billing_scheme": BillingScheme.TIERED,
                "tiering": answers["kind"],
                "tiers": _tiers(answers["tiers"], digits),
            }
            return answers
        if answers["amount"] is None:
            self.add_error("amount", "Write the amount; 0 for nothing.")
            return answers
        answers["terms"] = {"unit_amount": answers["amount"].scaleb(digits)}
        if answers["kind"] == "package":
            if not answers["package_size"]:
                raise forms.ValidationError({"package_size": "How many units are in a package?"})
            answers["terms"] |= {"package_size": answers["package_size"], "package_rounding": "up"}
        return answers


def _tiers(text: str, digits: int) -> list[dict[str, Any]]:
    tiers = []
    for line in text.strip().splitlines():
        parts = [part.strip() for part in line.split(";")]
        try:
            up_to = None if parts[0] == "*" else int(parts[0])
            unit, flat = (Decimal(part or "0") for part in (*parts[1:], "0", "0")[:2])
        except (ValueError, InvalidOperation):
            raise forms.ValidationError({"tiers": f"“{line}” is no tier: write 10; 5.00; 0"}) from None
        if unit < 0 or flat < 0 or not unit.is_finite() or not flat.is_finite():
            raise forms.ValidationError({"tiers": "The amounts of a tier are not negative."})
        tiers.append(
            {
                "up_to": up_to,
                "unit_amount": f"{unit.scaleb(digits):f}",
                "flat_amount": f"{flat.scaleb(digits):f}",
            }
        )
    return tiers


class NewPrice(ActionView):
    verb = "price"
    label = "New price"
    permission = "subscriptions.manage_catalogue"
    form_class = PriceForm

    @classmethod
    def refusal(cls, product: Product) -> str:
        return "" if product.is_active else "The product is archived."

    def explanation(self, product: Product) -> str:
        return "What a price says never changes: another amount is another price."

    def form_arguments(self, product: Product) -> dict[str, Any]:
        meters = Meter.objects.for_merchant(product.merchant_id).filter(deactivated_at__isnull=True)
        return {
            "meters": list(meters.order_by("display_name")[:METERS_OFFERED]),
            "currency": product.merchant.default_currency,
        }

    def perform(self, product: Product, answers: dict[str, Any]) -> str:
        is_metered = bool(answers["meter"])
        price = create_price(
            merchant_id=product.merchant_id,
            price_id=answers["form_key"],
            product_id=product.id,
            currency=answers["currency"],
            meter_id=answers["meter"] or None,
            lookup_key=answers["lookup_key"],
            nickname=answers["nickname"],
            interval=answers["interval"],
            interval_count=answers["interval_count"],
            usage_type=UsageType.METERED if is_metered else UsageType.LICENSED,
            tax_behavior=answers["tax_behavior"],
            may_exist=True,
            **answers["terms"],
        )
        return f"The price is made: {amount_words(price)}."


class ArchivePrice(SwitchRow):
    verb = "archive"
    label = "Archive"
    permission = "subscriptions.manage_catalogue"

    @classmethod
    def applies(cls, price: Price) -> bool:
        return price.is_active

    def explanation(self, price: Price) -> str:
        return "Nothing new is sold at it. Subscriptions that have it keep it, and are billed as before."

    def perform(self, price: Price, answers: dict[str, Any]) -> str:
        update_price(merchant_id=price.merchant_id, price_id=price.id, is_active=False)
        return "The price is archived."


class OfferPrice(SwitchRow):
    verb = "offer"
    label = "Sell at it again"
    permission = "subscriptions.manage_catalogue"

    @classmethod
    def applies(cls, price: Price) -> bool:
        return not price.is_active

    def perform(self, price: Price, answers: dict[str, Any]) -> str:
        update_price(merchant_id=price.merchant_id, price_id=price.id, is_active=True)
        return "The price is offered again."
