"""The path for whoever plays the networks' card updater at Adyen."""

from typing import TYPE_CHECKING, Any

from .adyen.refusals import Refusal
from .books import Body

if TYPE_CHECKING:
    from .sandbox import Sandbox

CARD_UPDATES_PATH = "/sandbox/adyen_card_updates"
_SHOWN = {"brand", "lastFour", "expiryMonth", "expiryYear"}
_KNOWN = {"account", "merchant_account", "stored", "disabled"} | _SHOWN


class UpdateUnreadable(ValueError):
    """The update cannot be made; the message is safe to show."""


def update(sandbox: "Sandbox", given: dict[str, Any]) -> Body:
    """The webhook's body, which is on its way to whoever asked. Raises UpdateUnreadable."""
    unknown = sorted(set(given) - _KNOWN)
    if unknown:
        raise UpdateUnreadable(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(_KNOWN))}")
    names = ("account", "merchant_account", "stored")
    if not all(isinstance(given.get(name), str) and given[name] for name in names):
        raise UpdateUnreadable(f"{', '.join(names)} are needed")
    change = {name: str(given[name]) for name in _SHOWN & given.keys()}
    try:
        told, deliveries = sandbox.adyen.update_card(
            given["account"],
            given["merchant_account"],
            given["stored"],
            change,
            disabled=given.get("disabled") is True,
        )
    except Refusal as refusal:
        raise UpdateUnreadable(str(refusal)) from refusal
    sandbox.send(deliveries)
    return told
