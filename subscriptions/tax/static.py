"""The built-in provider: the rates that were set by hand, unless the customer is exempt or owes the tax itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from subscriptions.tax.port import TaxRequest
from subscriptions.tax.vat_ids import is_valid_vat_id
from subscriptions.taxes import Rate, Taxability


class StaticTaxProvider:
    """Knows nothing but the rates on the lines; a rate of 0 stays on the line and says why it is 0."""

    def rates_for(self, request: TaxRequest) -> Sequence[tuple[Rate, ...]]:
        reason = reason_for_no_tax(request)
        if reason is None:
            return [line.rates for line in request.lines]
        # An inclusive price stays what it was: what the customer does not owe us, we do not take out of it.
        return [
            tuple(replace(rate, percentage=Fraction(), taxability=reason) for rate in line.rates)
            for line in request.lines
        ]


def reason_for_no_tax(request: TaxRequest) -> Taxability | None:
    """Reverse charge only across a border and with a VAT id that checks out; else the tax is ours to collect."""
    if request.exempt == "exempt":
        return Taxability.CUSTOMER_EXEMPT
    crosses_border = bool(request.customer_country) and request.customer_country != request.seller_country
    if request.exempt == "reverse" and crosses_border and is_valid_vat_id(request.vat_id):
        return Taxability.REVERSE_CHARGE
    return None
