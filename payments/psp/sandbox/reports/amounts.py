"""Amounts and instants as the files write them: major units with the currency's own decimals, days in UTC."""

from datetime import UTC, datetime
from functools import lru_cache

from ..money_rules import minor_digits


def major(amount_minor: int, currency: str, point: str = ".") -> str:
    """`1050` is `10.50` in usd, `1050` in jpy, `1.050` in kwd."""
    digits = minor_digits(currency)
    if not digits:
        return str(amount_minor)
    whole, fraction = divmod(abs(amount_minor), 10**digits)
    return f"{'-' if amount_minor < 0 else ''}{whole}{point}{fraction:0{digits}d}"


@lru_cache(maxsize=4096)
def moment(epoch_seconds: int) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


@lru_cache(maxsize=4096)
def day(epoch_seconds: int) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime("%Y-%m-%d")
