"""Which of a method's tokens each PSP account would charge: the one rule for payments and setups. Pure.

Never one that was replaced or revoked. Of a customer's method only those that are saved with the customer at the PSP,
unless none is: one that is charged before it is saved may be spent. Then the kind that the PSP prefers, and of that the
newest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID


class Chargeable(Protocol):
    id: UUID
    kind: str
    revoked_at: datetime | None
    psp_customer_reference: str
    psp_account: Any


T = TypeVar("T", bound=Chargeable)


def choose_tokens(
    tokens: Sequence[T], *, kinds: Mapping[str, Sequence[str]], is_customers: bool
) -> dict[UUID, T]:
    """By account; an account that could charge none of them is left out. kinds: of each PSP, the preferred first."""
    live = [token for token in tokens if token.revoked_at is None]
    if is_customers:
        live = [token for token in live if token.psp_customer_reference] or live
    chosen: dict[UUID, T] = {}
    for token in sorted(live, key=lambda one: one.id):
        taken = list(kinds.get(token.psp_account.psp, ()))
        if token.kind not in taken:
            continue
        held = chosen.get(token.psp_account.id)
        if held is None or taken.index(token.kind) <= taken.index(held.kind):
            chosen[token.psp_account.id] = token
    return chosen
