"""Changes of a subscription with real threads and commits: one of them wins, and nothing is charged twice."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.errors import DomainError
from foundation.ids import new_id
from subscriptions.models import Subscription
from subscriptions.operations.change_items import change_items
from subscriptions.operations.change_subscription import UpdatePayment, change_subscription
from subscriptions.operations.expire_pending_update import expire_pending_update
from subscriptions.operations.pay_invoice import pay_invoice
from subscriptions.operations.preview_item_change import preview_item_change
from subscriptions.queries.subscriptions import list_items
from subscriptions.steps.item_changes import ItemChange
from tests.factories.billing import Biller
from tests.factories.books import assert_books_agree
from tests.factories.shop import Shop
from tests.races.together import together

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 4


@pytest.fixture
def biller(transactional_db: None, shop: Shop) -> Biller:
    """The shop's billing side, its rows committed."""
    return Biller(shop)


def refusals(answers: list[Any]) -> list[str]:
    """Codes of the refusals; anything else that was raised is a failure of the test."""
    for answer in answers:
        if isinstance(answer, Exception) and not isinstance(answer, DomainError):
            raise answer
    return sorted(answer.code for answer in answers if isinstance(answer, DomainError))


def seats(biller: Biller, subscription: Subscription, count: int) -> dict[str, Any]:
    [item] = list_items(subscription)
    return {
        "merchant_id": biller.id,
        "subscription_id": subscription.id,
        "changes": [ItemChange(item.id, quantity=count)],
        "proration_behavior": "always_invoice",
    }


def test_one_token_committed_at_once_changes_once(biller: Biller) -> None:
    subscription = biller.subscribes(quantity=1)
    asked = seats(biller, subscription, 3)
    token = preview_item_change(**asked).token

    answers = together([lambda: change_items(**asked, preview_token=token)] * AT_ONCE)

    assert refusals(answers) == ["preview_stale"] * (AT_ONCE - 1)
    assert len(biller.invoices(subscription)) == 2
    assert list_items(subscription)[0].quantity == 3


def test_one_change_sent_at_once_is_charged_once(biller: Biller) -> None:
    subscription = biller.subscribes(quantity=1)
    asked = seats(biller, subscription, 3) | {
        "change_id": new_id(),
        "payment_behavior": UpdatePayment.PENDING_IF_INCOMPLETE,
    }

    answers = together([lambda: change_subscription(**asked)] * AT_ONCE)
    refusals(answers)
    change_subscription(**asked)

    assert list_items(subscription)[0].quantity == 3
    assert (len(biller.invoices(subscription)), biller.shop.psp.charges()) == (2, 2)
    assert_books_agree(biller.shop)


def test_a_payment_and_the_end_of_its_time_at_once_have_one_winner(biller: Biller) -> None:
    customer = biller.customer()
    subscription = biller.subscribes(customer, quantity=1)
    biller.takes_card(customer, "pm_card_chargeCustomerFail")
    change_id = new_id()
    change_subscription(
        **seats(biller, subscription, 3),
        change_id=change_id,
        payment_behavior=UpdatePayment.PENDING_IF_INCOMPLETE,
    )
    biller.takes_card(customer, "pm_card_visa")
    names = {"merchant_id": biller.id, "subscription_id": subscription.id}

    answers = together(
        [
            lambda: pay_invoice(merchant_id=biller.id, invoice_id=change_id),
            lambda: expire_pending_update(**names, at_once=True),
        ]
    )

    refusals(answers)
    if biller.fresh(subscription).pending_update is not None:
        # Neither could finish while the other was at work: whoever looks next does.
        expire_pending_update(**names, at_once=True)
    invoice = biller.invoices(subscription)[1]
    assert (invoice.status, list_items(subscription)[0].quantity) in (("paid", 3), ("void", 1))
    assert biller.fresh(subscription).pending_update is None
    assert_books_agree(biller.shop)
