"""The fee of a chargeback that only a statement tells: booked once, of its own movement, or not at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from disputes.models import Dispute, DisputeFundMovement
from disputes.operations.book_settled_fee import book_settled_fee
from foundation import clock
from foundation.errors import ResourceMissing
from foundation.ids import new_id
from foundation.money import Money
from ledger.models import JournalEntry
from ledger.queries.verify import verify_books
from tests.factories.dispute_news import Claim, figures
from tests.factories.shop import Shop

FEE = Money(15_00, "usd")


@pytest.fixture
def claim(shop: Shop) -> Claim:
    """Told as Adyen tells: the money, and no fee."""
    claim = Claim(shop, shop.pays(1_000))
    claim.hears(claim.takes(fee=0).says("needs_response"))
    return claim


def booked(claim: Claim) -> tuple[Dispute, UUID]:
    movement = DisputeFundMovement.objects.for_merchant(claim.shop.id).get()
    assert movement.ledger_entry_id is not None
    return movement.dispute, movement.ledger_entry_id


def settle(claim: Claim, **changes: Any) -> bool:
    dispute, entry_id = booked(claim)
    given: dict[str, Any] = {
        "merchant_id": claim.shop.id,
        "dispute_id": dispute.id,
        "entry_id": entry_id,
        "gross": Money(-1_000, "usd"),
        "fee": FEE,
        "at": clock.now() - timedelta(days=1),
    }
    return book_settled_fee(**{**given, **changes})


def test_fee_is_booked_against_clearing_under_the_lines_name(claim: Claim) -> None:
    before = figures(claim.shop)

    assert settle(claim)

    after = figures(claim.shop)
    assert after == before | {"fees": 15_00, "clearing": before["clearing"] - 15_00}
    movement, fee = DisputeFundMovement.objects.for_merchant(claim.shop.id).order_by("id")
    assert (fee.movement_id, fee.amount_minor, fee.fee_minor) == (f"{movement.movement_id}:fee", 0, 15_00)
    entry = JournalEntry.objects.for_merchant(claim.shop.id).get(pk=fee.ledger_entry_id)
    assert entry.external_reference == movement.movement_id
    assert claim.shop.events()[-1] == "charge.dispute.updated"
    assert verify_books(claim.shop.id).differences == []


def test_fee_told_again_is_booked_once(claim: Claim) -> None:
    dispute, entry_id = booked(claim)
    settle(claim)
    stood = (claim.shop.balances(), claim.shop.events())

    again = settle_of(claim, dispute, entry_id)

    assert again
    assert (claim.shop.balances(), claim.shop.events()) == stood


@pytest.mark.parametrize(
    "changes",
    [
        {"gross": Money(-999, "usd")},
        {"gross": Money(-1_000, "eur")},
        {"fee": Money.zero("usd")},
        {"entry_id": new_id()},
    ],
    ids=["another amount", "another currency", "no fee", "another entry"],
)
def test_line_that_is_not_of_this_movement_books_nothing(claim: Claim, changes: dict[str, Any]) -> None:
    stood = (claim.shop.balances(), claim.shop.events())

    assert not settle(claim, **changes)

    assert (claim.shop.balances(), claim.shop.events()) == stood
    assert DisputeFundMovement.objects.for_merchant(claim.shop.id).count() == 1


def test_movement_that_came_with_its_fee_gets_no_second_one(shop: Shop) -> None:
    claim = Claim(shop, shop.pays(1_000))
    claim.hears(claim.takes().says("needs_response"))
    stood = shop.balances()

    assert not settle(claim)

    assert shop.balances() == stood


def test_another_merchants_dispute_does_not_exist(claim: Claim) -> None:
    stood = claim.shop.balances()

    with pytest.raises(ResourceMissing):
        settle(claim, merchant_id=new_id())

    assert claim.shop.balances() == stood


def settle_of(claim: Claim, dispute: Dispute, entry_id: UUID) -> bool:
    return book_settled_fee(
        merchant_id=claim.shop.id,
        dispute_id=dispute.id,
        entry_id=entry_id,
        gross=Money(-1_000, "usd"),
        fee=FEE,
        at=clock.now(),
    )
