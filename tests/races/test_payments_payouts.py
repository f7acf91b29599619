"""News of one payout at once, by webhook, poll and bank: one row, one entry for each step, whoever comes first."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from foundation.money import Money
from ledger.queries.verify import verify_books
from payments.models import Payout, PayoutStatus
from payments.operations.true_up_fee import true_up_fee
from tests.factories.payout_news import NOON, payout_news, recorded
from tests.factories.shop import Shop
from tests.races.together import together

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 4


@pytest.fixture
def shop(transactional_db: None, shop: Shop) -> Shop:
    """The shop, its rows committed."""
    return shop


def telling(shop: Shop, status: str, **more: Any) -> Any:
    return partial(recorded, shop, payout_news(status), **more)


def raised(answers: list[Any]) -> list[Exception]:
    return [answer for answer in answers if isinstance(answer, Exception)]


def test_first_news_at_once_makes_one_payout(shop: Shop) -> None:
    answers = together([telling(shop, "in_transit")] * AT_ONCE)

    assert raised(answers) == []
    assert {answer.id for answer in answers} == {Payout.objects.for_merchant(shop.id).get().id}
    assert shop.ledger("assets/cash_in_transit") == 90_00
    assert shop.events() == ["payout.created"]


def test_webhook_poll_and_bank_at_once_end_in_one_story(shop: Shop) -> None:
    answers = together(
        [
            telling(shop, "in_transit"),
            telling(shop, "paid"),
            telling(shop, "paid", arrived_at=NOON),
            telling(shop, "paid", arrived_at=NOON),
        ]
    )

    assert raised(answers) == []
    assert Payout.objects.for_merchant(shop.id).get().status == PayoutStatus.PAID
    assert (shop.ledger("assets/bank"), shop.ledger("assets/cash_in_transit")) == (90_00, 0)
    assert (shop.events().count("payout.created"), shop.events().count("payout.paid")) == (1, 1)
    assert shop.cases() == []


def test_failure_and_arrival_at_once_are_told_to_a_person_or_undone(shop: Shop) -> None:
    telling(shop, "in_transit")()

    answers = together([telling(shop, "failed"), telling(shop, "paid", arrived_at=NOON)])

    assert raised(answers) == []
    payout = Payout.objects.for_merchant(shop.id).get()
    assert payout.status == PayoutStatus.FAILED
    assert (shop.ledger("assets/bank"), shop.ledger("assets/cash_in_transit")) == (0, 0)
    assert len(shop.cases()) == (1 if payout.arrived_at is None else 0)
    assert verify_books(shop.id).differences == []


def test_one_fee_trued_up_by_several_workers_is_booked_once(shop: Shop) -> None:
    capture = shop.captures(shop.authorizes(10_00))
    fee = Money((capture.fee_minor or 0) + 7, "usd")

    answers = together(
        [partial(true_up_fee, merchant_id=shop.id, capture_id=capture.id, fee=fee, proof="txn_1")] * AT_ONCE
    )

    assert raised(answers) == []
    assert shop.ledger("expenses/psp_fees") == fee.amount_minor
    assert shop.fresh(capture).fee_minor == fee.amount_minor
    assert verify_books(shop.id).differences == []
