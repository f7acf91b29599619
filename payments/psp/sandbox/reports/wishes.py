"""What is asked of a report: whose, which days, and which differences to plant. Read from a query or JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from ..money_rules import CURRENCIES

KINDS = ("missing", "extra", "amount_differs", "duplicate", "fee_differs", "unknown_currency", "late")
DEFAULT_LATE_DAYS = 10
CAMT_VERSIONS = ("02", "08")
_NAMES = frozenset(
    {
        "account",
        "currency",
        "from",
        "to",
        "payout",
        "columns",
        "version",
        "rate",
        "seed",
        "kinds",
        "late_days",
    }
)


class WishUnreadable(ValueError):
    """The message is safe to show."""


@dataclass(frozen=True, slots=True)
class Differences:
    """Plant at this share of the lines, at least one of each kind while lines last; the same seed over the
    same lines plants the same."""

    rate: float = 0.0
    seed: int = 0
    kinds: tuple[str, ...] = KINDS
    late_days: int = DEFAULT_LATE_DAYS


@dataclass(frozen=True, slots=True)
class Wish:
    """`starts_at` is included, `ends_at` is not; both in epoch seconds."""

    account: str
    currency: str | None = None
    starts_at: int = 0
    ends_at: int = 2**53
    payout: str | None = None
    columns: tuple[str, ...] = ()
    version: str = "02"
    differences: Differences = Differences()


def read_wish(given: Mapping[str, Any], only_account: str | None) -> Wish:
    """Raises WishUnreadable. `only_account` is taken when none is named."""
    unknown = sorted(set(given) - _NAMES)
    if unknown:
        raise WishUnreadable(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(_NAMES))}")
    account = given.get("account") or only_account
    if not account:
        raise WishUnreadable("account names whose report it is: a secret key")
    currency = given.get("currency")
    if currency is not None and str(currency).lower() not in CURRENCIES:
        raise WishUnreadable("currency is a three-letter code")
    version = str(given.get("version") or "02")
    if version not in CAMT_VERSIONS:
        raise WishUnreadable(f"version is one of {', '.join(CAMT_VERSIONS)}")
    return Wish(
        account=str(account),
        currency=str(currency).lower() if currency else None,
        starts_at=_instant(given, "from", 0),
        ends_at=_instant(given, "to", 2**53),
        payout=given.get("payout") or None,
        columns=_words(given.get("columns")),
        version=version,
        differences=_differences(given),
    )


def _differences(given: Mapping[str, Any]) -> Differences:
    kinds = _words(given.get("kinds")) or KINDS
    wrong = [kind for kind in kinds if kind not in KINDS]
    if wrong:
        raise WishUnreadable(f"kinds are of {', '.join(KINDS)}")
    try:
        rate = float(given.get("rate") or 0)
        seed = int(given.get("seed") or 0)
        late_days = int(given.get("late_days") or DEFAULT_LATE_DAYS)
    except (TypeError, ValueError) as error:
        raise WishUnreadable("rate is a number, seed and late_days are whole numbers") from error
    if not 0 <= rate <= 1 or late_days < 1:
        raise WishUnreadable("rate is from 0 to 1, late_days from 1")
    return Differences(rate, seed, kinds, late_days)


def _words(given: Any) -> tuple[str, ...]:
    """A JSON list, or a text with commas."""
    words = given if isinstance(given, list) else str(given or "").split(",")
    return tuple(str(word).strip() for word in words if str(word).strip())


def _instant(given: Mapping[str, Any], name: str, default: int) -> int:
    """Epoch seconds, or a day in UTC: from its first second."""
    text = str(given.get(name) or "")
    if not text:
        return default
    try:
        if text.isdecimal():
            return int(text)
        return int(datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC).timestamp())
    except ValueError as error:
        raise WishUnreadable(f"{name} is a day (2026-11-20) or epoch seconds") from error
