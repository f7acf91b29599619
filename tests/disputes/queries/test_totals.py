"""verify_books finds what disputes and the ledger tell differently."""

from __future__ import annotations

from disputes.queries.totals import DisputeTotals, read_dispute_totals, read_ledger_dispute_totals
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


def test_disputes_add_up_by_their_rows_and_in_the_ledger_wherever_the_money_stands(shop: Shop) -> None:
    fates = [("needs_response", {}), ("lost", {}), ("lost", {"is_prevented": True})]
    for status, said in fates:
        claim = Claim(shop, shop.pays(1_000))
        claim.hears(claim.takes(fee=0 if said else 1_500).says(status, **said))
    won = Claim(shop, shop.pays(1_000))
    won.hears(won.takes().says("needs_response"), won.returns().says("won"))

    rows = read_dispute_totals(merchant_id=shop.id)
    ledger, clearing = read_ledger_dispute_totals(merchant_id=shop.id)

    assert rows == ledger == {"usd": DisputeTotals(taken=3_000, fees=4_500)}
    assert clearing == {"usd": -7_500}
