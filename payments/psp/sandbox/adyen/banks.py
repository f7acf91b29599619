"""Payment methods that are no cards, under Adyen's names: debits that take days, and pages at the shopper's bank.

How one ends is said by a member of `paymentMethod`: `chargeback:CODE`, as in Adyen's own test (of `ownerName`),
succeeds and is taken back later; `refused` or `refused:REASON`, the sandbox's own, is refused; anything else succeeds.
Source: https://docs.adyen.com/payment-methods (sepa-direct-debit, ach-direct-debit, ideal, upi, klarna) and
https://docs.adyen.com/risk-management/chargeback-guidelines, read 2026-11.
"""

from dataclasses import dataclass

from ..books import Body

OFFER_SECONDS = 2 * 3600
"""How long a shopper may take at their bank before Adyen closes the offer."""
_DEFAULT_REASON = "Not enough balance"


@dataclass(frozen=True, slots=True)
class Bank:
    """currencies: empty for any. can_hold: may be authorised now and captured later."""

    currencies: tuple[str, ...] = ()
    redirects: bool = True
    can_hold: bool = False
    needs_items: bool = False


BANKS: dict[str, Bank] = {
    "sepadirectdebit": Bank(("eur",), redirects=False),
    "ach": Bank(("usd",), redirects=False),
    "ideal": Bank(("eur",)),
    "upi_collect": Bank(("inr",)),
    "upi_intent": Bank(("inr",)),
    "klarna": Bank(can_hold=True, needs_items=True),
    "klarna_account": Bank(can_hold=True, needs_items=True),
    "klarna_paynow": Bank(can_hold=True, needs_items=True),
}


@dataclass(frozen=True, slots=True)
class Ending:
    """word: success, refused or returned. reason: in Adyen's words, or the bank's code of what came back."""

    word: str = "success"
    reason: str = ""


def ending_of(method: Body) -> Ending:
    for value in method.values():
        word, _, reason = str(value).partition(":")
        if word == "chargeback":
            return Ending("returned", reason)
        if word == "refused":
            return Ending("refused", reason or _DEFAULT_REASON)
    return Ending()
