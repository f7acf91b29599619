"""Which payments a rule or an experiment is about: one condition for each named fact, all of which must hold. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from foundation.money import EXPONENTS, MAX_AMOUNT_MINOR
from payments.routing.facts import PaymentFacts

# Facts that a condition lists the accepted words of, and how each word is written.
LISTED = ("currency", "brand", "country", "funding", "method_type", "wallet", "capture_method")
UPPER = frozenset({"country"})
MOST_WORDS = 300
MOST_CHARACTERS = 64
BIN_DIGITS = range(4, 9)


class ConditionsUnreadable(ValueError):
    """The conditions can not be held by any payment or name what nobody knows; the text says which."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """listed: fact to the words of which one must be the payment's. metadata: key to its accepted values.
    amounts: from and to, both included, in minor units of the payment's own currency. bins: first digits."""

    listed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    bins: tuple[str, ...] = ()
    amount_from: int | None = None
    amount_to: int | None = None
    off_session: bool | None = None
    metadata: Mapping[str, frozenset[str]] = field(default_factory=dict)
    # Put together once: a payment asks many rules, and each is asked by many payments.
    _asked: tuple[tuple[Callable[[PaymentFacts], str], frozenset[str]], ...] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        asked = tuple((attrgetter(name), words) for name, words in self.listed.items())
        object.__setattr__(self, "_asked", asked)

    def hold(self, facts: PaymentFacts) -> bool:
        for word_of, words in self._asked:
            if word_of(facts) not in words:
                return False
        return (
            (self.amount_from is None or facts.amount_minor >= self.amount_from)
            and (self.amount_to is None or facts.amount_minor <= self.amount_to)
            and (self.off_session is None or facts.off_session is self.off_session)
            and (not self.bins or (facts.bin.startswith(self.bins) and bool(facts.bin)))
            and all(facts.metadata.get(key) in values for key, values in self.metadata.items())
        )


def read_conditions(kept: Mapping[str, Any]) -> Conditions:
    """From their JSON: {"currency": ["eur"], "bin": ["4000"], "amount": {"gte": 1000, "lte": 5000},
    "off_session": true, "metadata": {"channel": ["web"]}}. Raises ConditionsUnreadable."""
    if not isinstance(kept, Mapping):
        raise ConditionsUnreadable("Conditions are an object.")
    unknown = set(kept) - {*LISTED, "bin", "amount", "off_session", "metadata"}
    if unknown:
        raise ConditionsUnreadable(f"Nobody knows the fact {min(unknown)!r}.")
    lowest, highest = _amounts(kept.get("amount", {}), kept)
    off_session = kept.get("off_session")
    if off_session is not None and not isinstance(off_session, bool):
        raise ConditionsUnreadable("off_session is true or false.")
    metadata = kept.get("metadata", {})
    if not isinstance(metadata, Mapping):
        raise ConditionsUnreadable("metadata names keys and their accepted values.")
    return Conditions(
        listed={name: _words(name, kept[name]) for name in LISTED if name in kept},
        bins=_bins(kept["bin"]) if "bin" in kept else (),
        amount_from=lowest,
        amount_to=highest,
        off_session=off_session,
        metadata={str(key): _texts(f"metadata[{key}]", values) for key, values in metadata.items()},
    )


def _words(name: str, given: Any) -> frozenset[str]:
    words = _texts(name, given)
    proper = frozenset(word.upper() if name in UPPER else word.lower() for word in words)
    if name == "currency" and not proper <= EXPONENTS.keys():
        raise ConditionsUnreadable(f"{min(proper - EXPONENTS.keys())!r} is no ISO 4217 currency.")
    return proper


def _texts(name: str, given: Any) -> frozenset[str]:
    if not isinstance(given, list) or not 0 < len(given) <= MOST_WORDS:
        raise ConditionsUnreadable(f"{name} lists 1 to {MOST_WORDS} accepted words.")
    if not all(isinstance(word, str) and 0 < len(word) <= 500 for word in given):
        raise ConditionsUnreadable(f"{name} lists words.")
    return frozenset(given)


def _bins(given: Any) -> tuple[str, ...]:
    digits = sorted(_texts("bin", given))
    if not all(one.isascii() and one.isdigit() and len(one) in BIN_DIGITS for one in digits):
        raise ConditionsUnreadable("bin lists the first 4 to 8 digits of cards.")
    return tuple(digits)


def _amounts(given: Any, kept: Mapping[str, Any]) -> tuple[int | None, int | None]:
    if not isinstance(given, Mapping) or not set(given) <= {"gte", "lte"}:
        raise ConditionsUnreadable("amount knows gte and lte, in minor units.")
    for bound in given.values():
        if not isinstance(bound, int) or isinstance(bound, bool) or not 0 <= bound <= MAX_AMOUNT_MINOR:
            raise ConditionsUnreadable("An amount is a whole number of minor units.")
    if given and len(kept.get("currency", ())) != 1:
        # 1,000 is 10 dollars, 1,000 yen and one dinar.
        raise ConditionsUnreadable("A condition on the amount names exactly one currency.")
    lowest, highest = given.get("gte"), given.get("lte")
    if lowest is not None and highest is not None and lowest > highest:
        raise ConditionsUnreadable("amount: gte is above lte.")
    return lowest, highest
