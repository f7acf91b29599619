"""VAT ids: whether one can exist at all, by its country's form and check digits. Free of Django.

That it is registered, and to whom, is the answer of VIES, a remote provider's business.
"""

from __future__ import annotations

from stdnum.eu import vat
from stdnum.gb import vat as gb_vat


def is_valid_vat_id(text: str) -> bool:
    """With its country's letters in front, as invoices show it: DE136695976, GB980780684."""
    if text.upper().startswith("GB"):
        return bool(gb_vat.is_valid(text))
    return bool(vat.is_valid(text))


def normal_vat_id(text: str) -> str:
    """As invoices show it: "de 136.695.976" becomes DE136695976."""
    return "".join(character for character in text.upper() if character.isalnum())
