"""The built-in provider: whose tax is collected, and by which rates."""

from __future__ import annotations

from fractions import Fraction

import pytest

from foundation.money import Money
from subscriptions.tax.port import TaxLine, TaxRequest
from subscriptions.tax.static import StaticTaxProvider
from subscriptions.tax.vat_ids import is_valid_vat_id
from subscriptions.taxes import Rate, Taxability, tax_lines

VAT = Rate("txr_de", Fraction(19), jurisdiction="DE")
INSIDE = Rate("txr_de", Fraction(19), inclusive=True)


def request(*rates: Rate, **fields: str) -> TaxRequest:
    return TaxRequest((TaxLine("one", Money(10_000, "eur"), rates=rates),), seller_country="DE", **fields)  # type: ignore[arg-type]


def test_rates_set_by_hand_are_the_answer() -> None:
    assert StaticTaxProvider().rates_for(request(VAT)) == [(VAT,)]


def test_an_exempt_customer_pays_none_and_the_line_says_why() -> None:
    [[rate]] = StaticTaxProvider().rates_for(request(VAT, exempt="exempt"))

    assert (rate.percentage, rate.taxability, rate.jurisdiction) == (0, Taxability.CUSTOMER_EXEMPT, "DE")


def test_reverse_charge_across_the_border_with_a_valid_vat_id() -> None:
    [[rate]] = StaticTaxProvider().rates_for(
        request(INSIDE, exempt="reverse", customer_country="FR", vat_id="FR40303265045")
    )
    [[tax]] = tax_lines([(Money(10_000, "eur"), [rate])])

    assert rate.taxability == Taxability.REVERSE_CHARGE
    # An inclusive price stays the price.
    assert (tax.amount.amount_minor, tax.taxable.amount_minor) == (0, 10_000)


@pytest.mark.parametrize(
    "fields",
    [
        {"customer_country": "FR", "vat_id": "FR40303265046"},
        {"customer_country": "FR", "vat_id": ""},
        {"customer_country": "DE", "vat_id": "DE136695976"},
        {"customer_country": "", "vat_id": "DE136695976"},
    ],
)
def test_no_reverse_charge_at_home_or_on_a_vat_id_that_can_not_be(fields: dict[str, str]) -> None:
    assert StaticTaxProvider().rates_for(request(VAT, exempt="reverse", **fields)) == [(VAT,)]


def test_vat_ids_are_checked_by_their_digits() -> None:
    assert [is_valid_vat_id(text) for text in ("DE136695976", "GB980780684", "DE136695978", "nonsense")] == [
        *[True, True, False, False],
    ]
