"""Lines reckoned again from their inputs: sound ones say nothing, one that differs is put before a person, once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from foundation import clock
from foundation.ids import new_id
from subscriptions.models import Invoice, InvoiceLine
from subscriptions.operations.change_items import change_items
from subscriptions.operations.create_tax_rate import create_tax_rate
from subscriptions.operations.finalize_invoice import finalize_invoice
from subscriptions.operations.recheck_lines import recheck_lines
from subscriptions.operations.renew_subscription import renew_subscription
from subscriptions.queries.rechecked_lines import list_differing_lines
from subscriptions.steps.item_changes import ItemChange
from tests.factories.billing import Biller
from tests.factories.later import later

DAY = 86_400


def taxed(biller: Biller, **mistaken: int) -> Invoice:
    """A finalized renewal; mistaken: what somebody wrote over its line while it was a draft."""
    rate = create_tax_rate(
        merchant_id=biller.id,
        tax_rate_id=new_id(),
        display_name="VAT",
        percentage=Decimal("19.6"),
        inclusive=False,
    )
    subscription = biller.subscribes(
        prices=[biller.price(1_999)], quantity=3, default_tax_rate_ids=(rate.id,)
    )
    assert subscription.next_billing_at is not None
    with later((subscription.next_billing_at - clock.now()).total_seconds() + 1):
        draft = renew_subscription(merchant_id=biller.id, subscription_id=subscription.id)
        assert draft is not None
        if mistaken:
            InvoiceLine.objects.for_merchant(biller.id).filter(invoice=draft).update(**mistaken)
        return finalize_invoice(merchant_id=biller.id, invoice_id=draft.id)


def test_sound_lines_are_reckoned_to_what_they_are(biller: Biller) -> None:
    taxed(biller)
    subscription = biller.subscribes(prices=[biller.price(1_999)], quantity=2)
    item = subscription.items.get()
    with later(11 * DAY + 12_345):
        change_items(
            merchant_id=biller.id,
            subscription_id=subscription.id,
            changes=[ItemChange(item.id, quantity=5)],
            proration_behavior="always_invoice",
        )

    assert [line.is_proration for line in biller.lines(biller.invoices(subscription)[-1])] == [True, True]
    assert recheck_lines() == 0
    assert biller.shop.cases() == []


@pytest.mark.parametrize(
    ("columns", "evidence"),
    [
        ({"amount_minor": 5_998}, {"what": "amount", "expected": 5_997, "found": 5_998}),
        ({"tax_minor": 1_200}, {"what": "tax", "expected": 1_175, "found": 1_200}),
    ],
)
def test_a_line_that_differs_is_put_before_a_person_once(
    biller: Biller, columns: dict[str, int], evidence: dict[str, object]
) -> None:
    invoice = taxed(biller, **columns)

    assert (recheck_lines(), recheck_lines()) == (1, 1)

    [(kind, about, seen)] = biller.shop.cases()
    assert (kind, about) == ("line_differs", "invoice_line")
    assert seen == {"invoice": str(invoice.id), **evidence}


def test_only_lines_written_since_the_instant_are_looked_at(biller: Biller) -> None:
    taxed(biller, amount_minor=1, tax_minor=0)
    hour = timedelta(hours=1)

    [found] = list_differing_lines(since=clock.now() - hour, limit=10)

    assert (found.what, found.expected, found.found) == ("amount", 5_997, 1)
    assert list_differing_lines(since=clock.now() + 400 * 24 * hour, limit=10) == []
