"""verify_books finds what disputes and the ledger tell differently."""

from __future__ import annotations

from ledger.queries.verify import verify_books
from tests.factories.dispute_news import Claim
from tests.factories.owner import past_the_triggers
from tests.factories.shop import Shop


def test_books_with_a_dispute_are_whole(shop: Shop) -> None:
    claim = Claim(shop, shop.pays(1_000))
    claim.hears(claim.takes().says("needs_response"), claim.says("lost"), claim.returns().says("won"))

    assert verify_books(shop.id).differences == []


def test_a_movement_that_was_altered_is_named(shop: Shop) -> None:
    claim = Claim(shop, shop.pays(1_000))
    claim.hears(claim.takes().says("needs_response"))

    past_the_triggers("UPDATE disputes_disputefundmovement SET amount_minor = amount_minor - 1")

    found = [d for d in verify_books(shop.id).differences if d.check == "disputes_fold_to_ledger"]
    assert [(d.subject, d.expected, d.found) for d in found] == [
        ("assets/disputed_funds usd", "1001", "1000"),
        ("assets/psp_clearing usd", "-2501", "-2500"),
    ]
