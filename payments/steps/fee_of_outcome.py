"""The PSP's fee as far as it can be booked on the movement itself."""

from __future__ import annotations

from foundation.money import Money
from payments.psp.outcomes import Succeeded


def bookable_fee(outcome: Succeeded, currency: str) -> Money | None:
    """The fee in the movement's currency; None while unknown, and when the PSP took it in its settlement currency."""
    fee = outcome.fee
    return fee if fee is not None and fee.currency == currency else None


def fee_is_awaited(outcome: Succeeded) -> bool:
    """Whether it is worth asking again: a fee in another currency comes with the settlement report, not with a look."""
    return outcome.fee is None
