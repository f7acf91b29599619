"""What a PSP account must be, however it comes to be so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from payments.errors import CostModelInvalid, PspAccountNameTaken
from payments.models import PspAccount
from payments.routing.costs import CostModelUnreadable, read_cost_model


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
