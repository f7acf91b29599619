"""The queue: whose disputes, in which order, with what beside them, and in how many queries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from disputes.models import Dispute
from disputes.operations.assign_dispute import assign_dispute
from disputes.operations.stage_evidence import stage_evidence
from disputes.operations.submit_evidence import submit_evidence
from foundation.ids import new_id
from foundation.tenancy.models import Merchant
from tests.factories.back_office_rows import paid_payment
from tests.factories.dispute_rows import claim_of, fresh, open_dispute

ClientOf = Callable[..., Client]
QUEUE = "/admin/disputes/dispute/"
MOST_QUERIES = 20


def listed(client: Client, query: str = "") -> list[Dispute]:
    return list(client.get(f"{QUEUE}{query}").context["cl"].result_list)


def test_the_queue_shows_what_needs_an_answer_the_nearest_deadline_first(
    merchant: Merchant, client_of: ClientOf
) -> None:
    later, sooner = open_dispute(merchant, days=9), open_dispute(merchant, days=3)
    decided = claim_of(merchant)
    decided.hears(decided.takes().says("lost"))

    assert listed(client_of("disputes")) == [sooner, later]


def test_only_the_persons_merchants_are_listed_and_opened(
    merchant: Merchant, other_merchant: Merchant, client_of: ClientOf
) -> None:
    ours, theirs = open_dispute(merchant), open_dispute(other_merchant)
    client = client_of("disputes")

    assert listed(client) == [ours]
    assert listed(client, f"?q={theirs.public_id}") == []
    for page in (
        "change/",
        "evidence/",
        "pack.pdf",
        "submit/",
        "accept/",
        "note/",
        "take/",
        "files/receipt/",
    ):
        assert client.get(f"{QUEUE}{theirs.pk}/{page}").status_code in (302, 404), page
    assert client.get(f"{QUEUE}{theirs.pk}/change/").status_code == 302


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?o=-3", ["large", "small"]),
        ("?o=3", ["small", "large"]),
        ("?due=1d", ["small"]),
        ("?due=later", ["large"]),
        ("?reason=duplicate", ["large"]),
        ("?network=mastercard", []),
        ("?tab=mine", ["small"]),
        ("?tab=closed", []),
        ("?tab=all", ["large", "small"]),
        ("?product=Two+kettles", ["large", "small"]),
        ("?product=Tea", []),
        ("?tab=all&code=10.4", ["large", "small"]),
        ("?code=13.1", []),
        ("?tab=nonsense&due=nonsense", ["small", "large"]),
    ],
)
def test_tabs_filters_and_sorting_narrow_it(
    query: str, found: list[str], merchant: Merchant, client_of: ClientOf
) -> None:
    named = {
        "small": open_dispute(merchant, amount=500, days=1),
        "large": open_dispute(merchant, amount=9_000, days=18, reason="duplicate"),
    }
    client = client_of("disputes")
    assign_dispute(merchant_id=merchant.id, dispute_id=named["small"].id, assigned_to="ada")

    assert listed(client, query) == [named[name] for name in found]


def test_a_dispute_is_found_by_id_reference_charge_order_and_mail(
    merchant: Merchant, client_of: ClientOf
) -> None:
    dispute = open_dispute(merchant, paid_payment(merchant, order="778899"))
    open_dispute(merchant, paid_payment(merchant, order="other", email="x@example.com"))
    client = client_of("disputes")

    for term in (
        dispute.public_id,
        dispute.psp_reference,
        dispute.attempt.public_id,
        dispute.payment_intent.public_id,
        "778899",
        "jane@example.com 778899",
    ):
        assert listed(client, f"?q={term}") == [dispute], term


def test_the_search_of_the_whole_back_office_finds_it_too(merchant: Merchant, client_of: ClientOf) -> None:
    dispute = open_dispute(merchant)
    client = client_of("disputes")

    by_id = client.get(f"/admin/search/?s={dispute.public_id}")
    by_reference = client.get(f"/admin/search/?s={dispute.psp_reference}&extended=1")

    page = f"{QUEUE}{dispute.pk}/change/"
    assert (by_id.headers["HX-Redirect"], by_reference.headers["HX-Redirect"]) == (page, page)


def test_a_decided_dispute_is_found_though_the_queue_shows_open_ones(
    merchant: Merchant, client_of: ClientOf
) -> None:
    claim = claim_of(merchant)
    lost = claim.hears(claim.takes().says("lost"))

    assert listed(client_of("disputes"), f"?q={lost.public_id}") == [lost]


def test_gaps_worth_and_an_answer_on_its_way_stand_beside_it(merchant: Merchant, client_of: ClientOf) -> None:
    bare, filled = open_dispute(merchant, amount=3_000, days=5), open_dispute(merchant, days=6)
    client = client_of("disputes")
    stage_evidence(
        merchant_id=merchant.id,
        dispute_id=filled.id,
        evidence={"customer_purchase_ip": "203.0.113.7", "access_activity_log": "read"},
    )
    submit_evidence(merchant_id=merchant.id, dispute_id=filled.id, order_id=new_id())

    rows = {row.pk: row.desk for row in client.get(QUEUE).context["cl"].result_list}

    assert (rows[bare.pk].gaps, str(rows[bare.pk].worth.value), rows[bare.pk].answer) == (3, "10.00 USD", "")
    assert (rows[filled.pk].gaps, rows[filled.pk].answer) == (1, "submit")
    assert "Evidence on its way" in client.get(QUEUE).content.decode()


def test_selected_disputes_become_ones_own(merchant: Merchant, client_of: ClientOf) -> None:
    first, second, left = (open_dispute(merchant) for _ in range(3))

    client_of("disputes").post(
        QUEUE, {"action": "take_over", "_selected_action": [first.pk, second.pk], "index": 0}
    )

    assert [fresh(d).assigned_to for d in (first, second, left)] == ["ada", "ada", ""]


def test_who_may_not_assign_takes_none(merchant: Merchant, client_of: ClientOf) -> None:
    dispute = open_dispute(merchant)

    client_of("auditor").post(QUEUE, {"action": "take_over", "_selected_action": [dispute.pk], "index": 0})

    assert fresh(dispute).assigned_to == ""


def test_queue_and_page_take_a_bounded_number_of_queries(
    merchant: Merchant, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    disputes = [open_dispute(merchant) for _ in range(10)]
    client = client_of("disputes")

    with django_assert_max_num_queries(MOST_QUERIES):
        assert len(listed(client)) == 10
    # The session's savepoint is the test's own: two statements that a request outside has not.
    with django_assert_max_num_queries(MOST_QUERIES + 2):
        assert client.get(f"{QUEUE}{disputes[0].pk}/change/").status_code == 200
