"""The home page's numbers and the search over everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from foundation import clock
from foundation.jobs.models import Job
from foundation.tenancy.models import Merchant
from tests.factories.back_office_rows import paid_payment, payment

ClientOf = Callable[[str], Client]


def figures(client: Client, group: str) -> dict[str, list[str]]:
    shown = client.get("/admin/").context[group]
    return {figure.label: [number for number, _, _ in figure.lines] for figure in shown}


def counts_behind(client: Client, group: str) -> dict[str, list[int]]:
    """How many rows each number's list has."""
    return {
        figure.label: [client.get(url).context["cl"].paginator.count for _, url, _ in figure.lines]
        for figure in client.get("/admin/").context[group]
    }


def test_home_counts_the_day_of_the_persons_merchants_only(merchant: Merchant, client_of: ClientOf) -> None:
    foreign = Merchant.objects.create(name="Coffee", default_currency="usd")
    paid_payment(merchant, amount_minor=4_200)
    paid_payment(merchant, amount_minor=1_000, currency="eur")
    payment(merchant, amount_minor=990, status="requires_payment_method", attempt_status="declined")
    paid_payment(foreign, amount_minor=99_999)

    assert figures(client_of("agent"), "figures") == {
        "Authorization rate": ["66.6 %"],
        "Approved": ["2"],
        "Declined": ["1"],
        "Captured": ["42.00 USD", "10.00 EUR"],
        "Refunded": ["–"],
    }


def test_each_number_of_the_day_leads_to_the_rows_it_counts(merchant: Merchant, client_of: ClientOf) -> None:
    paid_payment(merchant, amount_minor=4_200)
    paid_payment(merchant, amount_minor=1_000)
    paid_payment(merchant, amount_minor=1_000, currency="eur")
    payment(merchant, amount_minor=990, status="requires_payment_method", attempt_status="declined")
    payment(merchant, amount_minor=990, status="requires_capture", attempt_status="authorized")

    assert counts_behind(client_of("agent"), "figures") == {
        "Authorization rate": [5],
        "Approved": [4],
        "Declined": [1],
        "Captured": [2, 1],
        "Refunded": [0],
    }


def test_home_shows_what_waits_and_each_number_leads_to_its_list(
    merchant: Merchant, client_of: ClientOf
) -> None:
    payment(
        merchant, amount_minor=990, status="processing", attempt_status="unknown", next_check_at=clock.now()
    )
    paid_payment(merchant)
    Job.objects.create(name="payments.execute_refund", queue="psp", status="dead", merchant_id=merchant.id)
    client = client_of("admin")

    assert figures(client, "waiting") == {
        "Payments in doubt": ["1"],
        "Open cases": ["0"],
        "Refunds to approve": ["0"],
        "Resolutions to approve": ["0"],
        "Invoices with a failed charge": ["0"],
        "Renewing halted": ["0"],
        "PSP webhooks not handled": ["0"],
        "Dead jobs": ["1"],
        "Webhook endpoints failing": ["0"],
    }
    assert list(counts_behind(client, "waiting").values()) == [[1], [0], [0], [0], [0], [0], [0], [1], [0]]


def test_home_without_payments_is_quiet(client_of: ClientOf) -> None:
    client = client_of("agent")

    assert figures(client, "figures")["Authorization rate"] == ["–"]


def test_home_takes_a_bounded_number_of_queries(
    client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    client = client_of("admin")

    with django_assert_max_num_queries(20):
        client.get("/admin/")


def test_a_pasted_id_leads_straight_to_its_page(merchant: Merchant, client_of: ClientOf) -> None:
    intent = paid_payment(merchant)
    client = client_of("agent")

    by_public_id = client.get(f"/admin/search/?s={intent.public_id}")
    by_uuid = client.get(f"/admin/search/?s={intent.id}")

    page = f"/admin/payments/paymentintent/{intent.id}/change/"
    assert (by_public_id.headers["HX-Redirect"], by_uuid.headers["HX-Redirect"]) == (page, page)


@pytest.mark.parametrize("role", ["agent", "admin"])
def test_another_merchants_id_leads_nowhere(role: str, client_of: ClientOf) -> None:
    foreign = paid_payment(
        Merchant.objects.create(name="Coffee", default_currency="usd"), order="theirs-536365"
    )

    answer = client_of(role).get(f"/admin/search/?s={foreign.public_id}&extended=1")

    assert "HX-Redirect" not in answer.headers
    assert "No results" in answer.content.decode()


def test_words_list_their_hits_as_they_are_at_this_moment(merchant: Merchant, client_of: ClientOf) -> None:
    client = client_of("agent")
    first = client.get("/admin/search/?s=536365&extended=1").content.decode()

    intent = paid_payment(merchant, order="536365")
    second = client.get("/admin/search/?s=536365&extended=1").content.decode()

    assert (intent.public_id in first, intent.public_id in second) == (False, True)
