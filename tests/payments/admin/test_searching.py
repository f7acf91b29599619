"""The search box of payments and refunds: words, amounts, days, `field:value`, and the PSP's own references."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from foundation.tenancy.models import Merchant
from payments.models import PaymentAttempt
from tests.factories.back_office_rows import paid_payment, payment

ClientOf = Callable[..., Client]
LIST = "/admin/payments/paymentintent/"


@pytest.fixture
def agent(merchant: Merchant, client_of: ClientOf) -> Client:
    paid_payment(merchant, amount_minor=1_250, order="A-1")
    paid_payment(merchant, amount_minor=1_250, currency="eur", order="B-2")
    paid_payment(merchant, amount_minor=1_250, currency="jpy", order="C-3")
    payment(
        merchant,
        amount_minor=99_000,
        order="D-4",
        status="requires_payment_method",
        attempt_status="declined",
    )
    return client_of("agent")


def orders(client: Client, term: str) -> list[str]:
    rows = client.get(LIST, {"q": term}).context["cl"].result_list
    return sorted(intent.metadata["order_id"] for intent in rows)


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("12.50", ["A-1", "B-2"]),
        ("12.50 eur", ["B-2"]),
        ("$12.50", ["A-1"]),
        ("amount:1250", ["C-3"]),
        ("amount:>900", ["C-3", "D-4"]),
        ("amount:10..20", ["A-1", "B-2"]),
        ("order:A-1", ["A-1"]),
        ("order:A", []),
        ("today currency:usd", ["A-1", "D-4"]),
        ("yesterday", []),
        ("status:paid", ["A-1", "B-2", "C-3"]),
        ("last4:9999", []),
        ('psp:"stripe eu" B-2', ["B-2"]),
    ],
)
def test_a_payment_is_found_by_what_people_know_of_it(agent: Client, term: str, found: list[str]) -> None:
    assert orders(agent, term) == found


@pytest.mark.parametrize(
    ("term", "told"),
    [
        ("colour:red", "This list knows no “colour:”"),
        ("amount:much", "“much” is not an amount"),
        ("status:lost", "“lost” is none of"),
        ("currency:tea", "“tea” is not a currency"),
        ("last4:42", "not the last four digits"),
        ("date:soon", "“soon” is not a day"),
    ],
)
def test_what_is_not_read_finds_nothing_and_says_why(agent: Client, term: str, told: str) -> None:
    answer = agent.get(LIST, {"q": term})

    assert list(answer.context["cl"].result_list) == []
    assert told in answer.content.decode()


def test_the_psps_reference_leads_straight_to_the_payment(merchant: Merchant, client_of: ClientOf) -> None:
    intent = paid_payment(merchant, psp_reference="pi_3OtherPeoplesName")
    other = Merchant.objects.create(name="Elsewhere", default_currency="usd")
    paid_payment(other, psp_reference="pi_3NotYoursToOpen")
    client = client_of("agent")

    ours = client.get("/admin/search/", {"s": "pi_3OtherPeoplesName", "extended": "1"})
    theirs = client.get("/admin/search/", {"s": "pi_3NotYoursToOpen", "extended": "1"})

    assert ours.headers["HX-Redirect"] == f"/admin/payments/paymentintent/{intent.id}/change/"
    assert "HX-Redirect" not in theirs.headers


def test_a_reference_that_two_payments_bear_lists_both(merchant: Merchant, client_of: ClientOf) -> None:
    both = [paid_payment(merchant, psp_reference="pi_3Twice", order=order) for order in ("A-1", "B-2")]
    assert PaymentAttempt.across_merchants.filter(psp_reference="pi_3Twice").count() == 2

    answer = client_of("agent").get("/admin/search/", {"s": "pi_3Twice", "extended": "1"})

    assert "HX-Redirect" not in answer.headers
    assert all(intent.public_id in answer.content.decode() for intent in both)


def test_a_field_is_looked_for_only_in_lists_that_know_it(merchant: Merchant, client_of: ClientOf) -> None:
    intent = paid_payment(merchant, order="A-1")

    answer = client_of("agent").get("/admin/search/", {"s": "order:A-1", "extended": "1"})

    assert intent.public_id in answer.content.decode()
    assert "1 hit," in answer.content.decode()
