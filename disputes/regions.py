"""Which of Visa's regions a merchant is in, where its thresholds differ. Pure.

CEMEA is Central and Eastern Europe outside the EEA, the Middle East and Africa; Israel and Turkey are Visa Europe's.
Visa draws the line; the acquirer's contract says for certain where a merchant stands.
"""

from __future__ import annotations

_EASTERN_EUROPE_AND_ASIA = "AF AL AM AZ BA BY GE KG KZ MD ME MK PK RS RU TJ TM UA UZ XK"
_MIDDLE_EAST = "AE BH IQ JO KW LB OM PS QA SA SY YE"
_AFRICA = (
    "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR MU MW MZ NA NE NG"
    " RW SC SD SL SN SO SS ST SZ TD TG TN TZ UG ZA ZM ZW"
)
CEMEA = frozenset(f"{_EASTERN_EUROPE_AND_ASIA} {_MIDDLE_EAST} {_AFRICA}".split())


def is_cemea(country: str) -> bool:
    """country: ISO 3166-1 alpha-2."""
    return country.upper() in CEMEA
