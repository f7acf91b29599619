"""A previewed renewal is the one that comes, to the cent; and previewing changes nothing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine

from foundation.errors import ResourceMissing
from foundation.ids import new_id
from subscriptions.discounts import Duration
from subscriptions.models import Subscription
from subscriptions.operations.cancel_subscription import cancel_subscription
from subscriptions.operations.change_items import change_items
from subscriptions.operations.create_coupon import create_coupon
from subscriptions.operations.create_tax_rate import create_tax_rate
from subscriptions.operations.preview_renewal import RenewalPreview, preview_renewal
from subscriptions.operations.renew_subscription import renew_subscription
from subscriptions.steps.item_changes import ItemChange
from subscriptions.steps.redeem import Redemption
from tests.factories.billing import Biller


def preview(biller: Biller, subscription: Subscription, *changes: ItemChange) -> RenewalPreview | None:
    return preview_renewal(merchant_id=biller.id, subscription_id=subscription.id, changes=changes)


@pytest.fixture
def subscription(biller: Biller) -> Subscription:
    """Two seats, a quarter off for three months, 19 % on top."""
    rate = create_tax_rate(
        merchant_id=biller.id,
        tax_rate_id=new_id(),
        display_name="VAT",
        percentage=Decimal("19"),
        inclusive=False,
    )
    coupon = create_coupon(
        merchant_id=biller.id,
        coupon_id=new_id(),
        duration=Duration.REPEATING,
        duration_in_months=3,
        percent_off=Decimal("25"),
    )
    return biller.subscribes(
        quantity=2, default_tax_rate_ids=(rate.id,), discounts=(Redemption(coupon_id=coupon.id),)
    )


def test_what_was_previewed_is_what_is_billed_with_discount_tax_and_what_waits(
    biller: Biller, subscription: Subscription
) -> None:
    item = subscription.items.get()
    with time_machine.travel(subscription.current_period_start_at + timedelta(days=9), tick=False):
        change_items(
            merchant_id=biller.id,
            subscription_id=subscription.id,
            changes=[ItemChange(item_id=item.id, quantity=5)],
        )
    before = biller.footprint()

    shown = preview(biller, subscription)

    assert shown is not None and len(shown.invoice.lines) == 3
    assert biller.footprint() == before
    with time_machine.travel(shown.period.start, tick=False):
        billed = renew_subscription(merchant_id=biller.id, subscription_id=subscription.id)
    assert billed is not None
    assert (billed.total_minor, billed.discount_minor, billed.tax_minor) == (
        shown.invoice.total_minor,
        shown.invoice.discount_minor,
        shown.invoice.tax_minor,
    )


def test_a_change_from_the_next_period_on_prorates_nothing(
    biller: Biller, subscription: Subscription
) -> None:
    item = subscription.items.get()
    added = biller.price(700)

    shown = preview(
        biller,
        subscription,
        ItemChange(item_id=item.id, quantity=1),
        ItemChange(price_id=added.id, quantity=1),
    )

    assert shown is not None
    assert [line.new.amount.amount_minor for line in shown.invoice.lines] == [1_000, 700]
    assert subscription.items.get().quantity == 2


def test_nothing_is_previewed_where_nothing_more_is_billed(
    biller: Biller, subscription: Subscription
) -> None:
    cancel_subscription(merchant_id=biller.id, subscription_id=subscription.id)

    assert preview(biller, subscription) is None


def test_another_merchants_subscription_is_not_previewed(subscription: Subscription) -> None:
    with pytest.raises(ResourceMissing):
        preview_renewal(merchant_id=new_id(), subscription_id=subscription.id)
