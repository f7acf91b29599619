"""What a PSP account must be, however it comes to be so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from payments.errors import CostModelInvalid, PspAccountNameTaken, PspSettingsIncomplete
from payments.models import PspAccount
from payments.routing.costs import CostModelUnreadable, read_cost_model

HEXADECIMAL_SECRETS = ("adyen",)
_HEXADECIMAL = re.compile(r"(?:[0-9A-Fa-f]{2}){16,64}")


def refuse_unless_signing_secret(psp: str, webhook_secret: str) -> None:
    """What would otherwise show at the first webhook, shows here. Raises PspSettingsIncomplete."""
    if psp in HEXADECIMAL_SECRETS and not _HEXADECIMAL.fullmatch(webhook_secret):
        raise PspSettingsIncomplete(
            f"The webhook secret of an account at {psp} is its HMAC key, in hexadecimal.",
            param="webhook_secret",
        )


def refuse_unless_name_free(account: PspAccount) -> None:
    """Raises PspAccountNameTaken."""
    others = PspAccount.objects.for_merchant(account.merchant_id).exclude(pk=account.pk)
    if others.filter(name=account.name).exists():
        raise PspAccountNameTaken(param="name")


def refuse_unless_cost_model(entries: Sequence[Mapping[str, Any]]) -> None:
    """Raises CostModelInvalid."""
    try:
        read_cost_model(entries)
    except CostModelUnreadable as error:
        raise CostModelInvalid(str(error), param="cost_model") from None
