"""Finds card numbers in text, so that they are refused or masked before anything is stored or logged.

A card number is 13 to 19 digits with an issuer's prefix and length and a right Luhn digit, alone or in groups
split by spaces or dashes, bounded by what is neither a letter nor a digit. Free of Django.

Source of prefixes and lengths: ISO/IEC 7812 ranges as published by the card schemes, read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

SHORTEST = 13
LONGEST = 19

_SEPARATOR = r"[ \-\u00a0\u2010-\u2015]"
# A leading + is a telephone number; a UUID's groups are hexadecimal by nature and digits by chance.
_RUN = re.compile(rf"(?<![0-9A-Za-z+])[0-9](?:{_SEPARATOR}{{0,2}}[0-9])+(?![0-9A-Za-z])")
_GROUP = re.compile(r"[0-9]+")
_UUID = re.compile(r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b")

# (first prefix, last prefix, lengths): compared as numbers of the prefix's own width.
_ISSUERS: tuple[tuple[int, int, frozenset[int]], ...] = (
    (4, 4, frozenset({13, 16, 18, 19})),  # Visa
    (51, 55, frozenset({16})),  # Mastercard
    (2221, 2720, frozenset({16})),  # Mastercard, second range
    (34, 34, frozenset({15})),  # American Express
    (37, 37, frozenset({15})),
    (6011, 6011, frozenset({16, 17, 18, 19})),  # Discover
    (644, 649, frozenset({16, 17, 18, 19})),
    (65, 65, frozenset({16, 17, 18, 19})),  # Discover, RuPay
    (62, 62, frozenset({16, 17, 18, 19})),  # UnionPay
    (81, 82, frozenset({16})),  # UnionPay, RuPay
    (3528, 3589, frozenset({16, 17, 18, 19})),  # JCB
    (300, 305, frozenset({14, 16, 17, 18, 19})),  # Diners Club
    (3095, 3095, frozenset({14, 16, 17, 18, 19})),
    (36, 36, frozenset({14, 15, 16, 17, 18, 19})),
    (38, 39, frozenset({14, 16, 17, 18, 19})),
    (5018, 5018, frozenset(range(13, 20))),  # Maestro
    (5020, 5020, frozenset(range(13, 20))),
    (5038, 5038, frozenset(range(13, 20))),
    (5893, 5893, frozenset(range(13, 20))),
    (6304, 6304, frozenset(range(13, 20))),
    (6759, 6763, frozenset(range(13, 20))),
    (2200, 2204, frozenset({16, 17, 18, 19})),  # Mir
)
_ISSUERS_BY_TEXT = tuple((len(str(low)), str(low), str(high), lengths) for low, high, lengths in _ISSUERS)


def find_pan(text: str) -> bool:
    """Whether the text holds a card number."""
    return next(_spans(text), None) is not None


def mask_pans(text: str) -> str:
    """The text with every card number reduced to its last four digits."""
    spans = sorted(_spans(text), reverse=True)
    for start, end in spans:
        text = f"{text[:start]}[card ending {text[:end][-4:]}]{text[end:]}"
    return text


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each card number, without overlaps."""
    if len(text) < SHORTEST:
        return
    uuids: list[tuple[int, int]] | None = None
    for run in _RUN.finditer(text):
        if run.end() - run.start() < SHORTEST:
            continue
        if uuids is None:
            uuids = [match.span() for match in _UUID.finditer(text)]
        if any(start < run.end() and run.start() < end for start, end in uuids):
            continue
        yield from _spans_of_run(text, run.start(), run.end())


def _spans_of_run(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    # "order 1234 4242 4242 4242 4242": the number may begin and end at any group of the run.
    groups = [match.span() for match in _GROUP.finditer(text, start, end)]
    first = 0
    while first < len(groups):
        digits = ""
        found = None
        for last in range(first, len(groups)):
            digits += text[groups[last][0] : groups[last][1]]
            if len(digits) > LONGEST:
                break
            if is_pan(digits):
                found = last
                break
        if found is None:
            first += 1
        else:
            yield groups[first][0], groups[found][1]
            first = found + 1


def is_pan(digits: str) -> bool:
    """Whether a string of digits has an issuer's prefix and length and a right Luhn digit."""
    return len(digits) >= SHORTEST and _has_issuer(digits) and _passes_luhn(digits)


def _has_issuer(digits: str) -> bool:
    length = len(digits)
    return any(
        low <= digits[:width] <= high and length in lengths for width, low, high, lengths in _ISSUERS_BY_TEXT
    )


def _passes_luhn(digits: str) -> bool:
    total = 0
    for position, char in enumerate(reversed(digits)):
        value = ord(char) - 48
        if position % 2:
            value *= 2
            if value > 9:
                value -= 9
        total += value
    return total % 10 == 0
