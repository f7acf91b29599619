"""Payouts, the balance and its transactions as the API shows them, each answer in Stripe's shape."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from foundation import clock
from payments.models import Payout
from tests.factories.later import DAY_SECONDS, later
from tests.factories.payout_news import payout_news, recorded
from tests.factories.scripted_psp import running_sandbox
from tests.factories.settling import PSP_FILES, answer_news, hear_of_payouts, import_files, reconciled
from tests.factories.shop import Shop
from tests.payments.api.conftest import CheckedCaller

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def sandbox() -> Any:
    """A sandbox whose clock no other test has moved: dates are compared here."""
    with running_sandbox() as sandbox:
        yield sandbox


def settled(shop: Shop, **order: Any) -> dict[str, Any]:
    """The shop paid out, told of it by the PSP and its files; the payout as the PSP has it."""
    (paid,) = shop.psp.pays_out(**order)
    hear_of_payouts(shop)
    import_files(shop)
    reconciled(shop)
    answer_news(shop)
    return paid


def payout(shop: Shop, number: int, status: str, *, made: datetime, arrives: datetime) -> Payout:
    news = payout_news(status, psp_reference=f"po_{number}", created_at=made, arrival_on=arrives.date())
    return recorded(shop, news)


# --- Payouts


def test_payout_is_shown_with_its_balance_transaction(shop: Shop, api: CheckedCaller) -> None:
    shop.pays(100_00)
    paid = settled(shop)

    (shown,) = api.get("/v1/payouts?expand[]=data.balance_transaction").json()["data"]

    assert (shown["amount"], shown["currency"], shown["status"]) == (100_00 - 320, "usd", "paid")
    assert (shown["automatic"], shown["reconciliation_status"]) == (True, "completed")
    assert shown["trace_id"]["value"] == paid["trace_id"]["value"]
    booked = shown["balance_transaction"]
    assert (booked["type"], booked["amount"], booked["source"]) == ("payout", -(100_00 - 320), shown["id"])
    assert (booked["status"], booked["reporting_category"]) == ("available", "payout")
    assert api.get(f"/v1/payouts/{shown['id']}").json()["balance_transaction"] == booked["id"]


def test_payout_that_came_back_shows_why_and_how_it_was_booked(shop: Shop, api: CheckedCaller) -> None:
    shop.pays(100_00)
    shop.psp.pays_out(fails=True)
    hear_of_payouts(shop)

    (shown,) = api.get("/v1/payouts").json()["data"]

    assert (shown["status"], shown["failure_code"]) == ("failed", "account_closed")
    assert shown["failure_message"] == "The bank account has been closed."
    returned = api.get(f"/v1/balance_transactions/{shown['failure_balance_transaction']}").json()
    assert (returned["type"], returned["amount"], returned["source"]) == (
        "payout_failure",
        100_00 - 320,
        shown["id"],
    )
    assert api.get("/v1/balance").json()["pending"] == [
        {"amount": 100_00 - 320, "currency": "usd", "source_types": {"card": 100_00 - 320}}
    ]


def test_payouts_are_filtered_by_status_arrival_and_creation(shop: Shop, api: CheckedCaller) -> None:
    first = datetime(2026, 11, 2, 9, tzinfo=UTC)
    days = [first + timedelta(days=number) for number in range(3)]
    ids = [
        payout(shop, number, status, made=day, arrives=day + timedelta(days=1)).public_id
        for number, (day, status) in enumerate(zip(days, ("paid", "in_transit", "failed"), strict=True))
    ]
    midnight = int(datetime(2026, 11, 4, tzinfo=UTC).timestamp())

    def found(query: str) -> list[str]:
        return [row["id"] for row in reversed(api.get(f"/v1/payouts?{query}").json()["data"])]

    assert found("status=in_transit") == [ids[1]]
    assert found(f"arrival_date={midnight}") == [ids[1]]
    assert found(f"arrival_date[gte]={midnight}") == ids[1:]
    assert found(f"arrival_date[gt]={midnight}") == ids[2:]
    assert found(f"arrival_date[gte]={midnight + 1}") == ids[2:]
    assert found(f"arrival_date[lt]={midnight}") == ids[:1]
    assert found(f"arrival_date[lt]={midnight + 1}") == ids[:2]
    assert found(f"arrival_date[lte]={midnight}") == ids[:2]
    assert found(f"created[gte]={int(days[1].timestamp())}") == ids[1:]
    assert found(f"created[lt]={int(days[1].timestamp())}") == ids[:1]
    assert found("limit=1") == [ids[2]]


# --- The balance


def balance_of(api: CheckedCaller) -> dict[str, tuple[int, int]]:
    """Currency to (available, pending)."""
    shown = api.get("/v1/balance").json()
    pending = {row["currency"]: row["amount"] for row in shown["pending"]}
    return {row["currency"]: (row["amount"], pending[row["currency"]]) for row in shown["available"]}


def test_money_is_pending_until_the_account_usually_settles(shop: Shop, api: CheckedCaller) -> None:
    shop.pays(100_00)
    shop.gives_back(shop.pays(50_00), 20_00)
    net = 100_00 - 320 + 50_00 - 175 - 20_00

    assert balance_of(api) == {"usd": (0, net)}
    with later(2 * DAY_SECONDS + 60):
        assert balance_of(api) == {"usd": (net, 0)}


def test_money_is_available_when_the_psps_own_line_says_so(shop: Shop, api: CheckedCaller) -> None:
    shop.account.settlement_days = 20
    shop.account.save(update_fields=["settlement_days"])
    shop.pays(100_00)
    with later(3 * DAY_SECONDS):
        assert balance_of(api) == {"usd": (0, 100_00 - 320)}

    import_files(shop, "stripe_balance")
    reconciled(shop)

    assert balance_of(api) == {"usd": (0, 100_00 - 320)}
    with later(3 * DAY_SECONDS):
        assert balance_of(api) == {"usd": (100_00 - 320, 0)}


def test_what_was_paid_out_has_left_the_balance(shop: Shop, api: CheckedCaller) -> None:
    shop.pays(100_00)
    settled(shop)
    shop.pays(30_00)

    assert balance_of(api) == {"usd": (0, 30_00 - 117)}


def test_balances_of_currencies_are_apart(shop: Shop, api: CheckedCaller) -> None:
    shop.pays(100_00)
    shop.pays(50_00, "jpy")

    assert balance_of(api) == {"jpy": (0, 50_00 - 175), "usd": (0, 100_00 - 320)}


# --- Balance transactions


def transactions(api: CheckedCaller, query: str = "") -> list[tuple[str, int, int]]:
    """(type, amount, net), oldest first."""
    rows = api.get(f"/v1/balance_transactions?{query}").json()["data"]
    return [(row["type"], row["amount"], row["net"]) for row in reversed(rows)]


def test_every_movement_of_the_balance_is_a_transaction(shop: Shop, api: CheckedCaller) -> None:
    intent = shop.pays(100_00)
    shop.gives_back(intent, 30_00)
    settled(shop)

    assert transactions(api) == [
        ("charge", 100_00, 96_80),
        ("refund", -30_00, -30_00),
        ("payout", -66_80, -66_80),
    ]
    assert transactions(api, "type=payout") == [("payout", -66_80, -66_80)]
    assert sum(net for _, _, net in transactions(api)) == 0


def test_transactions_are_found_by_their_payout_currency_and_source(shop: Shop, api: CheckedCaller) -> None:
    shop.pays(100_00)
    settled(shop)
    shop.pays(70_00)
    shop.pays(50_00, "eur")
    (first,) = api.get("/v1/payouts").json()["data"]

    assert transactions(api, f"payout={first['id']}") == [
        ("charge", 100_00, 96_80),
        ("payout", -96_80, -96_80),
    ]
    assert transactions(api, "currency=eur") == [("charge", 50_00, 48_25)]
    assert transactions(api, f"source={first['id']}") == [("payout", -96_80, -96_80)]


def test_transaction_is_available_when_its_line_says_so(shop: Shop, api: CheckedCaller) -> None:
    shop.pays(100_00)
    import_files(shop, *PSP_FILES)
    reconciled(shop)

    (shown,) = api.get("/v1/balance_transactions").json()["data"]

    assert shown["status"] == "pending"
    assert shown["available_on"] > clock.to_timestamp(clock.now()) + DAY_SECONDS
    with later(3 * DAY_SECONDS):
        (shown,) = api.get("/v1/balance_transactions").json()["data"]
        assert shown["status"] == "available"
