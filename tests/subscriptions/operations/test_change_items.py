"""Changing plan and seats: what is previewed is what is billed, each second once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from foundation.ids import new_id
from ledger.queries.verify import verify_books
from subscriptions.errors import (
    PreviewStale,
    PreviewTokenInvalid,
    ProrationDateOutside,
    SubscriptionItemsDiffer,
)
from subscriptions.models import InvoiceItem, InvoiceLine, Subscription, SubscriptionItem
from subscriptions.operations.change_items import change_items
from subscriptions.operations.preview_item_change import preview_item_change
from subscriptions.steps.item_changes import ItemChange
from tests.factories.billing import Biller


def item_of(biller: Biller, subscription: Subscription) -> SubscriptionItem:
    rows = SubscriptionItem.objects.for_merchant(biller.id)
    return rows.filter(subscription=subscription, removed_at__isnull=True).get()


def arguments(
    biller: Biller, subscription: Subscription, *changes: ItemChange, **given: Any
) -> dict[str, Any]:
    half = (
        subscription.current_period_start_at
        + (subscription.current_period_end_at - subscription.current_period_start_at) / 2
    )
    return {
        "merchant_id": biller.id,
        "subscription_id": subscription.id,
        "changes": changes,
        "proration_at": half.replace(microsecond=0),
    } | given


def pending(biller: Biller) -> list[int]:
    rows = InvoiceItem.objects.for_merchant(biller.id).filter(invoice__isnull=True).order_by("id")
    return list(rows.values_list("amount_minor", flat=True))


def test_an_upgrade_is_invoiced_at_once_to_the_cent_of_its_preview(biller: Biller) -> None:
    subscription = biller.subscribes(prices=[biller.price(10_000)])
    item = item_of(biller, subscription)
    upgrade = ItemChange(item.id, price_id=biller.price(30_000).id)
    wanted = arguments(biller, subscription, upgrade, proration_behavior="always_invoice")

    preview = preview_item_change(**wanted)
    change_items(**wanted, preview_token=preview.token)

    [first, second] = biller.invoices(subscription)
    lines = biller.lines(second)
    assert [line.amount_minor for line in lines] == [-5_000, 15_000]
    assert [line.new.amount.amount_minor for line in preview.invoice.lines] == [-5_000, 15_000]
    assert second.total_minor == preview.invoice.total_minor == 10_000
    assert lines[0].reverses_id == biller.lines(first)[0].id
    [paid] = biller.lines(first)
    assert (paid.cut_at, paid.credited_minor) == (preview.proration_at, 5_000)
    assert verify_books(biller.id).differences == []


def test_a_second_upgrade_gives_back_what_the_first_one_charged(biller: Biller) -> None:
    subscription = biller.subscribes(prices=[biller.price(10_000)])
    item = item_of(biller, subscription)
    wanted = arguments(biller, subscription, ItemChange(item.id, price_id=biller.price(20_000).id))
    change_items(**wanted)
    later_at = wanted["proration_at"] + (subscription.current_period_end_at - wanted["proration_at"]) / 2

    change_items(
        **arguments(
            biller,
            subscription,
            ItemChange(item.id, price_id=biller.price(40_000).id),
            proration_at=later_at.replace(microsecond=0),
        )
    )

    # Half of 10,000 back and half of 20,000; then the last quarter of that 20,000 back and of 40,000 charged.
    assert pending(biller) == [-5_000, 10_000, -5_000, 10_000]


def test_a_price_change_never_resets_the_quantity(biller: Biller) -> None:
    subscription = biller.subscribes(prices=[biller.price(1_000)], quantity=5)
    item = item_of(biller, subscription)

    change_items(**arguments(biller, subscription, ItemChange(item.id, price_id=biller.price(1_500).id)))

    assert item_of(biller, subscription).quantity == 5
    assert pending(biller) == [-2_500, 3_750]


def test_case_D3_a_change_without_proration_keeps_the_original_debit(biller: Biller) -> None:
    subscription = biller.subscribes(prices=[biller.price(1_000)])
    item = item_of(biller, subscription)
    dear, cheap = biller.price(2_000), biller.price(1_000)
    change_items(
        **arguments(biller, subscription, ItemChange(item.id, price_id=dear.id), proration_behavior="none")
    )
    assert pending(biller) == []

    change_items(**arguments(biller, subscription, ItemChange(item.id, price_id=cheap.id)))

    assert sum(pending(biller)) == 0


def test_a_stale_preview_is_refused_and_leaves_no_trace(biller: Biller) -> None:
    subscription = biller.subscribes(prices=[biller.price(1_000)])
    item = item_of(biller, subscription)
    wanted = arguments(biller, subscription, ItemChange(item.id, quantity=3))
    token = preview_item_change(**wanted).token
    change_items(**arguments(biller, subscription, ItemChange(item.id, quantity=2)))
    before = biller.footprint() | {"pending": pending(biller)}

    with pytest.raises(PreviewStale):
        change_items(**wanted, preview_token=token)

    assert biller.footprint() | {"pending": pending(biller)} == before
    assert item_of(biller, subscription).quantity == 2


def test_a_token_of_another_change_is_refused(biller: Biller) -> None:
    subscription = biller.subscribes(prices=[biller.price(1_000)])
    item = item_of(biller, subscription)
    token = preview_item_change(**arguments(biller, subscription, ItemChange(item.id, quantity=3))).token

    for wrong in (token, "nonsense"):
        with pytest.raises(PreviewTokenInvalid):
            change_items(
                **arguments(biller, subscription, ItemChange(item.id, quantity=4)), preview_token=wrong
            )

    assert pending(biller) == []


def test_committing_twice_with_one_token_changes_once(biller: Biller) -> None:
    subscription = biller.subscribes(prices=[biller.price(1_000)])
    item = item_of(biller, subscription)
    wanted = arguments(biller, subscription, ItemChange(item.id, quantity=3))
    token = preview_item_change(**wanted).token
    change_items(**wanted, preview_token=token)

    with pytest.raises(PreviewStale):
        change_items(**wanted, preview_token=token)

    assert pending(biller) == [-500, 1_500]


def test_an_item_that_comes_and_one_that_goes(biller: Biller) -> None:
    subscription = biller.subscribes(prices=[biller.price(1_000)])
    item, extra = item_of(biller, subscription), biller.price(600)

    change_items(
        **arguments(biller, subscription, ItemChange(item.id, is_removed=True), ItemChange(price_id=extra.id))
    )

    assert pending(biller) == [-500, 300]
    assert item_of(biller, subscription).price_id == extra.id
    new = InvoiceItem.objects.for_merchant(biller.id).get(amount_minor=300)
    assert new.subscription_item_id == item_of(biller, subscription).id


def test_what_nobody_has_paid_is_given_back_only_when_asked(biller: Biller) -> None:
    subscription = biller.subscribes(
        biller.customer(None),
        prices=[biller.price(1_000)],
        collection_method="send_invoice",
        days_until_due=30,
    )
    item = item_of(biller, subscription)
    wanted = arguments(biller, subscription, ItemChange(item.id, quantity=2))

    unasked = preview_item_change(**wanted)
    asked = preview_item_change(**wanted, credits_unpaid=True)

    assert [line.new.amount.amount_minor for line in unasked.invoice.lines] == [1_000]
    assert [line.new.amount.amount_minor for line in asked.invoice.lines] == [-500, 1_000]


def test_another_currency_or_a_date_outside_the_period_is_refused(biller: Biller) -> None:
    subscription = biller.subscribes(prices=[biller.price(1_000)])
    item = item_of(biller, subscription)
    euros = biller.price(9_000, "eur")
    before = biller.footprint()

    with pytest.raises(SubscriptionItemsDiffer):
        change_items(**arguments(biller, subscription, ItemChange(item.id, price_id=euros.id)))
    for outside in (subscription.current_period_end_at, subscription.started_at - timedelta(seconds=1)):
        with pytest.raises(ProrationDateOutside):
            change_items(
                **arguments(biller, subscription, ItemChange(item.id, quantity=2), proration_at=outside)
            )

    assert biller.footprint() == before
    assert InvoiceLine.objects.for_merchant(biller.id).filter(cut_at__isnull=False).count() == 0


def test_another_merchants_subscription_is_as_good_as_absent(biller: Biller) -> None:
    from foundation.errors import ResourceMissing
    from foundation.tenancy.operations import create_merchant

    stranger = create_merchant(name="Coffee shop", currency="usd")
    subscription = biller.subscribes()

    with pytest.raises(ResourceMissing):
        change_items(
            merchant_id=stranger.id,
            subscription_id=subscription.id,
            changes=[ItemChange(new_id(), quantity=2)],
        )
