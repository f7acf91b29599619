"""Which kinds of token each PSP's connector can charge, the preferred one first. Pure: choosing reads it as well.

A network's token follows the card when it is replaced, and issuers refuse it less often: where a PSP takes the one that
we hold, it goes first. Adyen makes and uses network tokens behind its own stored ones, and takes no other.
"""

from __future__ import annotations

PSP = "psp"
NETWORK = "network"

TOKEN_KINDS: dict[str, tuple[str, ...]] = {
    "adyen": (PSP,),
    "stripe": (NETWORK, PSP),
}
