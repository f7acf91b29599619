"""/v1/ledger/accounts and /v1/ledger/entries: balances now and as of a time, entries with lines and rates."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from foundation.ids import encode_id, new_id
from foundation.money import Money
from foundation.tenancy.models import Merchant
from foundation.tenancy.operations import create_api_key
from ledger.steps import Conversion, Line
from tests.ledger.books import CLEARING, NOON, SALES, captured, captured_on, exchange, post, reverse, usd

pytestmark = pytest.mark.django_db

OCTOBER = datetime(2024, 10, 1, tzinfo=UTC)


@pytest.fixture
def get(merchant: Merchant) -> Any:
    key = create_api_key(merchant_id=merchant.id, scopes={"ledger": "read"}).secret

    def ask(address: str, /, **parameters: Any) -> tuple[int, Any]:
        answer = Client().get(f"/v1/{address}", parameters, headers={"Authorization": f"Bearer {key}"})
        return answer.status_code, json.loads(answer.content)

    return ask


def test_accounts_show_their_balance_now_and_as_of_a_second(merchant: Merchant, get: Any) -> None:
    captured_on(OCTOBER + timedelta(microseconds=500), "capture:1", 1000, merchant.id)
    captured_on(OCTOBER + timedelta(seconds=1), "capture:2", 200, merchant.id)

    def sales(**parameters: Any) -> dict[str, Any]:
        status, page = get("ledger/accounts", path=SALES, **parameters)
        assert (status, len(page["data"])) == (200, 1)
        return page["data"][0]

    now = sales()
    assert (now["object"], now["balance"], now["debits"], now["credits"]) == ("ledger_account", 1200, 0, 1200)
    assert (now["path"], now["type"], now["normal_side"], now["name"]) == (SALES, "income", "credit", "Sales")
    assert sales(as_of=int(OCTOBER.timestamp()))["balance"] == 1000
    assert sales(as_of=int(OCTOBER.timestamp()) - 1)["balance"] == 0
    assert sales(recorded_as_of=int(OCTOBER.timestamp()))["balance"] == 0
    status, one = get(f"ledger/accounts/{now['id']}", as_of=int(OCTOBER.timestamp()))
    assert (status, one["balance"], one["as_of"]) == (200, 1000, int(OCTOBER.timestamp()))


def test_accounts_are_filtered_and_paged(merchant: Merchant, get: Any) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(10))
    post(merchant_id=merchant.id, reference="capture:2", lines=captured(10, "jpy"))

    _, first = get("ledger/accounts", limit=3)
    _, rest = get("ledger/accounts", limit=3, starting_after=first["data"][-1]["id"])
    _, assets = get("ledger/accounts", type="asset", currency="jpy")

    assert (first["has_more"], len(first["data"]), rest["has_more"], len(rest["data"])) == (True, 3, False, 1)
    assert [(a["path"], a["currency"]) for a in assets["data"]] == [(CLEARING, "jpy")]
    assert get("ledger/accounts", type="assets")[0] == 400


def test_an_entry_shows_its_lines_source_and_rate(merchant: Merchant, get: Any) -> None:
    payment_id = new_id()
    sold, bought = Money(10_000, "eur"), usd(10_812)
    posted = exchange(
        merchant_id=merchant.id,
        reference="fx:1",
        lines=[Line(CLEARING, -sold), Line(CLEARING, bought)],
        conversions=[Conversion(sold, bought, Decimal("1.08123"), "stripe", NOON)],
    )
    capture = post(merchant_id=merchant.id, reference="c", lines=captured(5), source_id=payment_id)

    _, converted = get(f"ledger/entries/{encode_id('je', posted.id)}")
    _, of_payment = get("ledger/entries", source=encode_id("pi", payment_id))

    assert [(line["path"], line["currency"], line["amount"]) for line in converted["lines"]] == [
        (CLEARING, "eur", -10_000),
        (CLEARING, "usd", 10_812),
        ("equity/fx/eur_usd", "eur", 10_000),
        ("equity/fx/eur_usd", "usd", -10_812),
    ]
    assert converted["exchanges"] == [
        {
            "bought": {"amount": 10_812, "currency": "usd"},
            "quoted_at": int(NOON.timestamp()),
            "rate": "1.08123",
            "rate_source": "stripe",
            "sold": {"amount": 10_000, "currency": "eur"},
        }
    ]
    (entry,) = of_payment["data"]
    assert (entry["id"], entry["source"]) == (encode_id("je", capture.id), encode_id("pi", payment_id))


def test_entries_are_filtered_by_account_reference_kind_and_date(merchant: Merchant, get: Any) -> None:
    first = captured_on(OCTOBER, "capture:1", 1000, merchant.id)
    second = reverse(merchant_id=merchant.id, entry_id=first.id, reference="undo:1")
    post(merchant_id=merchant.id, reference="capture:2", lines=captured(10, "jpy"))
    _, accounts = get("ledger/accounts", path=SALES, currency="usd")

    def found(**parameters: Any) -> list[str]:
        return [entry["reference"] for entry in get("ledger/entries", **parameters)[1]["data"]]

    assert found() == ["capture:2", "undo:1", "capture:1"]
    assert found(account=accounts["data"][0]["id"]) == ["undo:1", "capture:1"]
    assert found(reference="capture:1") == ["capture:1"]
    assert found(kind="reversal") == ["undo:1"]
    assert found(**{"effective_at[lte]": int(OCTOBER.timestamp())}) == ["capture:1"]
    assert found(source="pi_nobody") == []
    assert get(f"ledger/entries/{encode_id('je', second.id)}")[1]["reverses"] == encode_id("je", first.id)


def test_a_key_without_the_ledger_right_sees_no_books(merchant: Merchant) -> None:
    key = create_api_key(merchant_id=merchant.id, scopes={"payments": "write"}).secret

    for path in ("ledger/accounts", "ledger/entries"):
        assert Client().get(f"/v1/{path}", headers={"Authorization": f"Bearer {key}"}).status_code == 403


def test_a_list_of_accounts_costs_the_same_for_any_number(
    merchant: Merchant, get: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        lines = [Line(f"assets/psp_clearing/psp_{number}", usd(10)), Line(SALES, usd(-10))]
        post(merchant_id=merchant.id, reference=f"capture:{number}", lines=lines)

    for path in ("ledger/accounts", "ledger/entries"):
        with django_assert_max_num_queries(10):
            assert len(get(path, limit=30)[1]["data"]) == 30
