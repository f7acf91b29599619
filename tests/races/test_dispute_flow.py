"""Two at once over the real flow: the PSP's webhooks, our API and the PSP itself; one effect at the PSP and in the
ledger."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from disputes.models import Dispute, DisputeFundMovement, DisputeOrder
from payments.errors import ChargeDisputed
from payments.models import PspWebhook
from payments.operations.handle_psp_webhook import handle_psp_webhook
from tests.factories.books import assert_disputes_agree, assert_psp_owes_what_we_say
from tests.factories.dispute_desk import Desk
from tests.factories.psp_news import tell
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import open_shop
from tests.races.together import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(transactional_db: None, psp: ScriptedPsp) -> Desk:
    return Desk(open_shop(psp))


def _codes(answers: list[Any]) -> list[str]:
    return [answer.get("error", {}).get("code", "given") for answer in answers]


@pytest.mark.parametrize("kinds", [("submit", "submit"), ("submit", "accept"), ("accept", "accept")], ids=str)
def test_two_answers_at_once_are_one_at_the_psp(desk: Desk, kinds: tuple[str, str]) -> None:
    _, dispute = desk.is_disputed()
    desk.api.post_form(f"/v1/disputes/{dispute}", {"evidence[customer_name]": "Ada"}, submit="false")
    ways: dict[str, Callable[[], Any]] = {
        "submit": partial(desk.api.post_form, f"/v1/disputes/{dispute}", submit="true"),
        "accept": partial(desk.accepts, dispute),
    }

    answers = together([ways[kind] for kind in kinds])

    assert sorted(_codes(answers)) == ["dispute_already_answered", "given"]
    order = DisputeOrder.objects.for_merchant(desk.shop.id).get()
    at_psp = desk.at_psp(dispute)
    assert at_psp["status"] == {"submit": "under_review", "accept": "lost"}[order.kind]
    assert at_psp["evidence_details"]["submission_count"] == (order.kind == "submit")
    desk.time_passes()
    assert_disputes_agree(desk.shop)


def test_acceptance_and_the_psps_word_of_it_at_once_are_one_loss(desk: Desk) -> None:
    intent, dispute = desk.is_disputed()
    desk.shop.psp.fails("error_after_booking", operation="accept_dispute")
    desk.accepts(dispute)
    news = desk.news()
    tell(desk.shop, *news)
    webhooks = PspWebhook.objects.for_merchant(desk.shop.id).filter(handled_at__isnull=True)
    handlers = [
        partial(handle_psp_webhook, merchant_id=desk.shop.id, webhook_id=webhook_id)
        for webhook_id in webhooks.values_list("id", flat=True)
    ]

    together([*handlers, partial(desk.looks_after, 120)])
    desk.works()

    assert desk.dispute_of(intent).status == "lost"
    assert desk.shop.events().count("charge.dispute.closed") == 1
    assert desk.shop.ledger("expenses/dispute_losses") == 1_000
    assert_disputes_agree(desk.shop)


def test_refund_against_the_webhook_of_a_dispute_never_pays_twice(desk: Desk) -> None:
    shop = desk.shop
    intent = shop.pays(1_000)
    shop.psp.disputes(desk.reference_of(intent))

    outcomes = together([partial(shop.gives_back, intent, 1_000), desk.hears])

    refused = isinstance(outcomes[0], ChargeDisputed)
    # The PSP has the dispute first in any case: whichever of us is faster, it refuses the refund.
    assert refused or outcomes[0].status == "failed"
    assert shop.psp.refunds() == 0
    assert shop.ledger("assets/disputed_funds") == 1_000
    assert_psp_owes_what_we_say(shop)


def test_the_same_news_by_many_workers_is_booked_once(desk: Desk) -> None:
    intent = desk.shop.pays(1_000)
    desk.shop.psp.disputes(desk.reference_of(intent))
    tell(desk.shop, *desk.news())
    webhooks = list(PspWebhook.objects.for_merchant(desk.shop.id).values_list("id", flat=True))

    together(
        [
            partial(handle_psp_webhook, merchant_id=desk.shop.id, webhook_id=webhook_id)
            for webhook_id in webhooks * 2
        ]
    )
    together([desk.works, desk.works])

    assert Dispute.objects.for_merchant(desk.shop.id).count() == 1
    assert DisputeFundMovement.objects.for_merchant(desk.shop.id).count() == 1
    assert_disputes_agree(desk.shop)
    assert_psp_owes_what_we_say(desk.shop)
