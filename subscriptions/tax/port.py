"""The port to whoever knows tax: lines in, rates out. Free of Django.

A provider says which rates apply to each line; what they come to is reckoned in subscriptions/taxes.py, by one
rounding rule, so that every provider's invoice adds up in the same way. Implementations: static.py; a remote
one goes through foundation/http and answers TaxUnavailable when it can not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from foundation.money import Money
from subscriptions.taxes import Rate


class TaxUnavailable(RuntimeError):
    """The provider can not say what is due: the invoice waits as a draft."""


@dataclass(frozen=True, slots=True)
class TaxLine:
    """amount: net of discounts. tax_code: what kind of product it is. rates: those set by hand, if any."""

    key: str
    amount: Money
    tax_code: str = ""
    rates: tuple[Rate, ...] = ()


@dataclass(frozen=True, slots=True)
class TaxRequest:
    """exempt: Stripe's words none, exempt, reverse. vat_id: as given by the customer; seller and customer as ISO
    country codes."""

    lines: tuple[TaxLine, ...]
    seller_country: str
    customer_country: str = ""
    customer_state: str = ""
    customer_postal_code: str = ""
    exempt: str = "none"
    vat_id: str = ""


class TaxProvider(Protocol):
    """One who answers with the rates of each line."""

    def rates_for(self, request: TaxRequest) -> Sequence[tuple[Rate, ...]]:
        """The rates of each line, in the order of the lines. Raises TaxUnavailable when it can not say."""
        ...
