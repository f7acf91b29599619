"""Adyen's steps of a dispute by many workers at once: each is booked once, whoever comes first."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from disputes.models import Dispute, DisputeFundMovement, DisputeOrder
from disputes.operations.book_settled_fee import book_settled_fee
from foundation import clock
from foundation.ids import new_id
from foundation.money import Money
from payments.models import PspWebhook
from payments.operations.handle_psp_webhook import handle_psp_webhook
from payments.psp.sandbox.sandbox import Sandbox
from tests.factories import adyen
from tests.factories.adyen_desk import AdyenDesk, assert_adyen_disputes_agree
from tests.factories.dispute_news import figures
from tests.factories.scripted_psp import ScriptedPsp
from tests.races.together import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(transactional_db: None, sandbox: Sandbox) -> AdyenDesk:
    return AdyenDesk(adyen.open_adyen_shop(ScriptedPsp(sandbox, key=f"AQE{new_id().hex}")))


def test_all_steps_at_once_by_two_workers_each_are_booked_once(desk: AdyenDesk) -> None:
    shop = desk.shop
    intent = shop.pays(1_000)
    reference = shop.psp.disputes(desk.reference_of(intent))["id"]
    for verdict in ("won", "prearbitration_lost"):
        shop.psp.decides(reference, verdict)
    adyen.tell(shop, *desk.news())
    webhooks = list(PspWebhook.objects.for_merchant(shop.id).values_list("id", flat=True))

    together(
        [
            partial(handle_psp_webhook, merchant_id=shop.id, webhook_id=webhook_id)
            for webhook_id in webhooks * 2
        ]
    )
    together([desk.works, desk.works])

    dispute = Dispute.objects.for_merchant(shop.id).get()
    assert (dispute.status, dispute.stage) == ("lost", "pre_arbitration")
    assert DisputeFundMovement.objects.for_merchant(shop.id).count() == 3
    assert figures(shop) == {"losses": 1_000}
    assert_adyen_disputes_agree(shop)


@pytest.mark.parametrize("kinds", [("submit", "submit"), ("submit", "accept")], ids=str)
def test_two_answers_at_once_are_one_at_adyen(desk: AdyenDesk, kinds: tuple[str, str]) -> None:
    _, dispute = desk.is_disputed()
    desk.api.post_form(f"/v1/disputes/{dispute}", {"evidence[customer_name]": "Ada"}, submit="false")
    ways: dict[str, Callable[[], Any]] = {
        "submit": partial(desk.api.post_form, f"/v1/disputes/{dispute}", submit="true"),
        "accept": partial(desk.accepts, dispute),
    }

    answers = together([ways[kind] for kind in kinds])

    codes = sorted(answer.get("error", {}).get("code", "given") for answer in answers)
    assert codes == ["dispute_already_answered", "given"]
    order = DisputeOrder.objects.for_merchant(desk.shop.id).get()
    at_psp = desk.at_psp(dispute)
    assert at_psp["status"] == {"submit": "under_review", "accept": "lost"}[order.kind]
    assert at_psp["submissions"] == (order.kind == "submit")


def test_one_fee_told_to_many_workers_is_booked_once(desk: AdyenDesk) -> None:
    desk.is_disputed()
    shop = desk.shop
    movement = DisputeFundMovement.objects.for_merchant(shop.id).get()
    settle = partial(
        book_settled_fee,
        merchant_id=shop.id,
        dispute_id=movement.dispute_id,
        entry_id=movement.ledger_entry_id,
        gross=movement.amount,
        fee=Money(1_500, "usd"),
        at=clock.now(),
    )

    answers = together([settle] * 4)

    assert answers == [True] * 4
    assert figures(shop)["fees"] == 1_500
    assert_adyen_disputes_agree(shop, are_fees_settled=True)


def test_news_of_our_answer_against_the_look_for_it_is_one_loss(desk: AdyenDesk) -> None:
    _, dispute = desk.is_disputed()
    desk.shop.psp.fails("error_after_booking", operation="accept_dispute")
    desk.accepts(dispute)
    adyen.tell(desk.shop, *desk.news())
    webhooks = PspWebhook.objects.for_merchant(desk.shop.id).filter(handled_at__isnull=True)
    handlers = [
        partial(handle_psp_webhook, merchant_id=desk.shop.id, webhook_id=webhook_id)
        for webhook_id in webhooks.values_list("id", flat=True)
    ]

    together([*handlers, partial(desk.looks_after, 120)])
    desk.works()

    assert DisputeOrder.objects.for_merchant(desk.shop.id).get().status == "succeeded"
    assert desk.shop.events().count("charge.dispute.closed") == 1
    assert figures(desk.shop) == {"losses": 1_000}
    assert_adyen_disputes_agree(desk.shop)
