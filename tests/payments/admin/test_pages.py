"""The pages of payments: what they show, to whom, and in how many queries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from foundation import clock
from foundation.tenancy.models import Merchant
from payments.models import Case, PaymentIntent, PspAccount
from tests.factories.back_office_rows import paid_payment, payment, psp_account_of

ClientOf = Callable[..., Client]
LIST = "/admin/payments/paymentintent/"
MOST_QUERIES = 20


def page_of(client: Client, intent: PaymentIntent) -> str:
    answer = client.get(f"{LIST}{intent.id}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def listed(client: Client, query: str = "") -> list[str]:
    """Orders in the list, newest first."""
    changelist = client.get(f"{LIST}{query}").context["cl"]
    return [intent.metadata["order_id"] for intent in changelist.result_list]


def test_the_list_shows_only_the_persons_merchants(
    merchant: Merchant, other_merchant: Merchant, client_of: ClientOf
) -> None:
    paid_payment(merchant, order="ours")
    foreign = paid_payment(other_merchant, order="theirs")
    client = client_of("auditor")

    assert listed(client) == ["ours"]
    assert client.get(f"{LIST}{foreign.id}/change/").status_code == 302
    assert listed(client, "?q=theirs") == []


def test_a_declined_payment_is_listed_as_declined_with_the_card_that_was_tried(
    merchant: Merchant, client_of: ClientOf
) -> None:
    declined = payment(
        merchant,
        amount_minor=990,
        order="declined",
        status="requires_payment_method",
        attempt_status="declined",
        last_payment_error={"code": "card_declined"},
    )
    PaymentIntent.across_merchants.filter(pk=declined.pk).update(payment_method=None)
    client = client_of("agent")

    assert listed(client, "?status=declined") == ["declined"]
    assert listed(client, "?status=requires_payment_method") == []
    assert "Visa •••• 4242" in client.get(f"{LIST}?status=declined").content.decode()


@pytest.mark.parametrize("word", ["536365", "jane@example.com", "4242", "JANE", "porter 536365"])
def test_a_payment_is_found_by_what_the_customer_says(
    word: str, merchant: Merchant, client_of: ClientOf
) -> None:
    paid_payment(merchant, order="536365")

    assert listed(client_of("agent"), f"?q={word}") == ["536365"]


def test_a_payment_is_found_by_the_psps_reference_and_by_its_charge(
    merchant: Merchant, client_of: ClientOf
) -> None:
    intent = paid_payment(merchant, order="a")
    paid_payment(merchant, order="b")
    client = client_of("agent")

    assert listed(client, f"?q={intent.latest_attempt.psp_reference}") == ["a"]
    assert listed(client, f"?q={intent.latest_attempt.public_id}") == ["a"]


def test_a_foreign_psp_reference_finds_nothing(
    merchant: Merchant, other_merchant: Merchant, client_of: ClientOf
) -> None:
    foreign = paid_payment(other_merchant)

    assert listed(client_of("agent"), f"?q={foreign.latest_attempt.psp_reference}") == []


@pytest.mark.parametrize(
    ("query", "orders"),
    [
        ("?status=succeeded", ["dollars"]),
        ("?status=declined", []),
        ("?last_day=captured", ["dollars"]),
        ("?last_day=approved", ["yen", "dollars"]),
        ("?last_day=nonsense", ["yen", "dollars"]),
        ("?currency=jpy", ["yen"]),
        ("?amount_from=4000", ["yen"]),
        ("?amount_to=42", ["dollars"]),
        ("?amount_from=42&amount_to=42.00", ["dollars"]),
        ("?created=today", ["yen", "dollars"]),
        ("?created=last_month", []),
        ("?status=nonsense&amount_from=nonsense", ["yen", "dollars"]),
    ],
)
def test_filters_narrow_the_list_each_currency_in_its_own_units(
    query: str, orders: list[str], merchant: Merchant, client_of: ClientOf
) -> None:
    paid_payment(merchant, order="dollars", amount_minor=4_200)
    yen = payment(
        merchant,
        order="yen",
        amount_minor=5_000,
        currency="jpy",
        status="requires_capture",
        attempt_status="authorized",
    )
    PaymentIntent.across_merchants.update(created_at=clock.now())
    assert yen.amount_minor == 5_000

    assert listed(client_of("agent"), query) == orders


def test_the_list_takes_the_same_queries_for_one_and_for_ten_payments(
    merchant: Merchant, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    client = client_of("agent")
    for _ in range(10):
        paid_payment(merchant)

    with django_assert_max_num_queries(MOST_QUERIES):
        client.get(LIST)


def test_the_page_adds_up_what_was_captured_refunded_and_kept(
    merchant: Merchant, client_of: ClientOf
) -> None:
    intent = paid_payment(merchant, amount_minor=4_200)
    client = client_of("agent")
    client.post(
        f"{LIST}{intent.id}/refund/",
        {
            "form_key": "01890000-0000-7000-8000-000000000001",
            "amount": "2.00",
            "reason": "duplicate",
            "note": "twice",
        },
    )

    answer = client.get(f"{LIST}{intent.id}/change/")

    page = answer.context["page"]
    assert [
        str(money) for money in (page.captured, page.refunded, page.available_to_refund, page.fee, page.net)
    ] == [
        "42.00 USD",
        "0.00 USD",
        "40.00 USD",
        "1.52 USD",
        "40.48 USD",
    ]
    assert "A refund of 2.00 USD is on its way to the customer." in answer.content.decode()


def test_the_timeline_mixes_sources_newest_first_and_tells_a_persons_act_once(
    merchant: Merchant, client_of: ClientOf
) -> None:
    intent = paid_payment(merchant)
    client = client_of("agent")
    client.post(
        f"{LIST}{intent.id}/refund/",
        {
            "form_key": "01890000-0000-7000-8000-000000000001",
            "amount": "2.00",
            "reason": "duplicate",
            "note": "twice",
        },
    )

    timeline = client.get(f"{LIST}{intent.id}/change/").context["page"].timeline

    assert [(line.source, line.kind) for line in timeline] == [
        ("agent", "refund.created"),
        ("psp", "psp_webhook"),
        ("psp", "psp_call"),
        ("api", "payment_intent.succeeded"),
        ("api", "payment_intent.created"),
    ]
    assert (timeline[0].actor, timeline[0].note) == ("staff:ada", "Paid twice: twice")


def test_an_agents_capture_is_told_with_its_reason(merchant: Merchant, client_of: ClientOf) -> None:
    intent = payment(merchant, amount_minor=4_200, status="requires_capture", attempt_status="authorized")
    client = client_of("agent")
    client.post(
        f"{LIST}{intent.id}/capture/",
        {
            "form_key": "01890000-0000-7000-8000-000000000001",
            "amount": "10.00",
            "is_final": "on",
            "reason": "ships in two boxes",
        },
    )

    newest = client.get(f"{LIST}{intent.id}/change/").context["timeline"][0]

    assert (newest["words"], newest["actor"], newest["note"]) == (
        "Asked to capture 10.00 USD, and to release the rest",
        "ada",
        "ships in two boxes",
    )


def test_ledger_entries_lead_to_the_books_for_those_who_may_open_them(
    merchant: Merchant, client_of: ClientOf
) -> None:
    intent = paid_payment(merchant)

    by_agent, by_auditor = page_of(client_of("agent"), intent), page_of(client_of("auditor"), intent)

    assert "/admin/ledger/journalentry/" not in by_agent
    assert "/admin/ledger/journalentry/" in by_auditor


def test_the_page_takes_a_bounded_number_of_queries(
    merchant: Merchant, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    intent = paid_payment(merchant)
    client = client_of("agent")
    client.get(f"{LIST}{intent.id}/change/")

    with django_assert_max_num_queries(MOST_QUERIES):
        client.get(f"{LIST}{intent.id}/change/")


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ({"status": "processing", "attempt_status": "unknown"}, "Do not charge the customer again."),
        ({"status": "processing", "attempt_status": "pending"}, "which can take days"),
        ({"status": "requires_action", "attempt_status": "requires_action"}, "authenticate with their bank"),
        ({"status": "requires_capture", "attempt_status": "authorized"}, "42.00 USD is reserved"),
        ({"status": "canceled", "attempt_status": "voided"}, "The customer is not charged."),
        (
            {
                "status": "requires_payment_method",
                "attempt_status": "declined",
                "error_code": "card_declined",
                "decline_code": "expired_card",
            },
            "The card has expired. No money has moved",
        ),
    ],
)
def test_the_page_says_what_happens_next(
    states: dict[str, Any], words: str, merchant: Merchant, client_of: ClientOf
) -> None:
    intent = payment(merchant, amount_minor=4_200, **states)

    assert words in page_of(client_of("agent"), intent)


def test_an_open_case_is_said_on_the_page(merchant: Merchant, client_of: ClientOf) -> None:
    intent = paid_payment(merchant)
    Case.across_merchants.create(
        merchant=merchant,
        kind="amount_differs",
        payment_intent=intent,
        subject_kind="attempt",
        subject_id=intent.id,
    )

    assert "a case is open, and a person has to look at it" in page_of(client_of("agent"), intent)


def test_the_form_of_a_payment_can_not_be_saved(merchant: Merchant, client_of: ClientOf) -> None:
    intent = paid_payment(merchant)
    client = client_of("finance")

    answer = client.post(f"{LIST}{intent.id}/change/", {"status": "canceled", "amount_minor": 1})

    assert answer.status_code == 403
    intent = PaymentIntent.across_merchants.get()
    assert (intent.status, intent.amount_minor) == ("succeeded", 4_200)


@pytest.mark.parametrize(
    "path", [f"{LIST}add/", "/admin/payments/refund/add/", "/admin/payments/pspaccount/add/"]
)
def test_nothing_is_added_by_a_form(path: str, client_of: ClientOf) -> None:
    assert client_of("finance").get(path).status_code == 403


def test_the_secrets_of_a_psp_account_are_on_no_page(merchant: Merchant, client_of: ClientOf) -> None:
    account = psp_account_of(merchant)
    PspAccount.across_merchants.update(
        secret_key_encrypted="sealed-secret", webhook_secret_encrypted="sealed-hook"
    )
    client = client_of("auditor")

    pages = [
        client.get("/admin/payments/pspaccount/"),
        client.get(f"/admin/payments/pspaccount/{account.id}/change/"),
        client.get(f"/admin/payments/pspaccount/{account.id}/history/"),
    ]

    assert [page.status_code for page in pages] == [200, 200, 200]
    assert not any("sealed-" in page.content.decode() for page in pages)


def test_an_agent_opens_no_psp_account_and_no_api_key(merchant: Merchant, client_of: ClientOf) -> None:
    client = client_of("agent")

    answers = [client.get("/admin/payments/pspaccount/"), client.get("/admin/foundation/apikey/")]

    assert [answer.status_code for answer in answers] == [403, 403]
