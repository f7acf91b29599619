"""Which token is charged: one rule, with no database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from payments.psp.token_kinds import NETWORK, PSP, TOKEN_KINDS
from payments.routing.tokens import choose_tokens

REVOKED = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Account:
    id: UUID
    psp: str


FIRST = Account(UUID(int=1), "stripe")
SECOND = Account(UUID(int=2), "adyen")


@dataclass(frozen=True)
class Token:
    number: int
    kind: str = PSP
    psp_account: Any = FIRST
    revoked_at: datetime | None = None
    psp_customer_reference: str = ""
    id: UUID = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", UUID(int=self.number))


def chosen(*tokens: Token, is_customers: bool = False) -> dict[UUID, int]:
    found = choose_tokens(tokens, kinds=TOKEN_KINDS, is_customers=is_customers)
    return {account: token.number for account, token in found.items()}


def test_a_network_token_goes_before_the_psps_own_where_the_psp_takes_it() -> None:
    assert chosen(Token(1, NETWORK), Token(2)) == {FIRST.id: 1}


def test_a_network_token_is_not_charged_where_the_psp_does_not_take_it() -> None:
    at_adyen = Token(1, NETWORK, SECOND), Token(2, PSP, SECOND)

    assert chosen(*at_adyen) == {SECOND.id: 2}
    assert chosen(at_adyen[0]) == {}


def test_the_newest_of_a_kind_is_charged_in_whatever_order_they_were_read() -> None:
    assert chosen(Token(1), Token(3), Token(2)) == {FIRST.id: 3}
    assert chosen(Token(3, NETWORK), Token(4), Token(2, NETWORK)) == {FIRST.id: 3}


@pytest.mark.parametrize("kind", [PSP, NETWORK])
def test_one_that_was_replaced_or_revoked_is_never_charged(kind: str) -> None:
    gone = Token(9, kind, revoked_at=REVOKED)

    assert chosen(gone) == {}
    assert chosen(gone, Token(1)) == {FIRST.id: 1}


def test_each_account_gets_its_own() -> None:
    assert chosen(Token(1), Token(2, psp_account=SECOND)) == {FIRST.id: 1, SECOND.id: 2}


def test_of_a_customers_method_only_saved_tokens_are_charged_unless_none_is() -> None:
    saved, waiting = Token(1, psp_customer_reference="cus_1"), Token(2, psp_account=SECOND)

    assert chosen(saved, waiting, is_customers=True) == {FIRST.id: 1}
    assert chosen(saved, waiting) == {FIRST.id: 1, SECOND.id: 2}
    assert chosen(waiting, is_customers=True) == {SECOND.id: 2}


def test_a_psp_that_is_not_known_is_charged_with_nothing() -> None:
    assert chosen(Token(1, psp_account=Account(UUID(int=3), "other"))) == {}
