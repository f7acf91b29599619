"""The catalogue by hand: made once however often the form is sent, archived with a reason, never edited in place."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from foundation.events.models import Event
from foundation.ids import new_id
from subscriptions.models import (
    BillingSettings,
    Coupon,
    DunningPolicy,
    Meter,
    Price,
    Product,
    PromotionCode,
    TaxRate,
)
from tests.factories.billing import Biller

ClientOf = Callable[..., Client]
BASE = "/admin/subscriptions"
NEW: list[tuple[str, Any, dict[str, Any]]] = [
    ("product", Product, {"name": "Tea", "description": "", "unit_label": "cup"}),
    (
        "coupon",
        Coupon,
        {"name": "Spring", "percent_off": "25", "duration": "repeating", "duration_in_months": 3},
    ),
    ("taxrate", TaxRate, {"display_name": "VAT", "percentage": "19", "inclusive": "no", "country": "de"}),
    ("meter", Meter, {"display_name": "Calls", "event_name": "call", "aggregation": "sum"}),
    ("dunningpolicy", DunningPolicy, {"name": "Patient", "days": "0, 3, 10", "end_action": "unpaid"}),
]


@pytest.mark.parametrize(("model", "row", "answers"), NEW)
def test_a_row_is_made_once_however_often_its_form_is_sent(
    model: str, row: Any, answers: dict[str, Any], biller: Biller, client_of: ClientOf
) -> None:
    client, form = client_of("finance"), {"form_key": new_id(), **answers}

    first = client.post(f"{BASE}/{model}/new/{biller.id}/", form)
    second = client.post(f"{BASE}/{model}/new/{biller.id}/", form)

    assert (first.status_code, second.status_code) == (302, 302)
    assert row.across_merchants.get().pk == form["form_key"]


@pytest.mark.parametrize(("model", "row", "answers"), NEW)
@pytest.mark.parametrize("role", ["agent", "senior_agent", "disputes", "auditor"])
def test_roles_without_the_catalogue_make_nothing(
    role: str, model: str, row: Any, answers: dict[str, Any], biller: Biller, client_of: ClientOf
) -> None:
    events = Event.across_merchants.count()

    answer = client_of(role).post(f"{BASE}/{model}/new/{biller.id}/", {"form_key": new_id(), **answers})

    assert answer.status_code == 403
    assert not row.across_merchants.exists()
    assert Event.across_merchants.count() == events


def test_nothing_is_made_for_another_merchant(biller: Biller, client_of: ClientOf) -> None:
    answer = client_of("finance").post(
        f"{BASE}/product/new/{new_id()}/", {"form_key": new_id(), "name": "Tea"}
    )

    assert answer.status_code == 404
    assert not Product.across_merchants.exists()


def price_form(**answers: Any) -> dict[str, Any]:
    return {
        "form_key": new_id(),
        "currency": "usd",
        "kind": "unit",
        "interval": "month",
        "interval_count": 1,
        "tax_behavior": "exclusive",
        **answers,
    }


def test_a_price_of_less_than_a_cent_is_kept_exactly(biller: Biller, client_of: ClientOf) -> None:
    product = biller.price().product

    client_of("finance").post(f"{BASE}/product/{product.id}/price/", price_form(amount="0.0045"))

    assert Price.across_merchants.order_by("-id").first().unit_amount == Decimal("0.45")


def test_tiers_are_read_line_by_line_and_shown_as_a_table(biller: Biller, client_of: ClientOf) -> None:
    product, client = biller.price().product, client_of("finance")

    client.post(
        f"{BASE}/product/{product.id}/price/",
        price_form(kind="volume", tiers="10; 5.00; 0\n*; 4.00; 2.50"),
    )

    price = Price.across_merchants.order_by("-id").first()
    assert price.tiers == [
        {"up_to": 10, "unit_amount": "500", "flat_amount": "0"},
        {"up_to": None, "unit_amount": "400", "flat_amount": "250"},
    ]
    page = client.get(f"{BASE}/price/{price.id}/change/").content.decode()
    assert "1 to 10" in page and "from 11" in page and "4.00 USD" in page


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"currency": "xyz", "amount": "1"}, "No such currency."),
        ({"amount": ""}, "Write the amount; 0 for nothing."),
        ({"kind": "volume", "tiers": "ten; 1; 1"}, "is no tier"),
        ({"kind": "graduated", "tiers": "10; 1; 1"}, "The last tier, and only that one"),
        ({"kind": "package", "amount": "1"}, "How many units are in a package?"),
    ],
)
def test_a_wrong_price_is_a_form_error_and_leaves_no_trace(
    answers: dict[str, Any], words: str, biller: Biller, client_of: ClientOf
) -> None:
    product = biller.price().product

    answer = client_of("finance").post(f"{BASE}/product/{product.id}/price/", price_form(**answers))

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Price.across_merchants.count() == 1


def test_a_price_is_archived_and_sold_again_and_says_who_did_it(biller: Biller, client_of: ClientOf) -> None:
    price, client = biller.price(), client_of("finance")

    client.post(f"{BASE}/price/{price.id}/archive/", {"form_key": new_id(), "reason": "a new list"})
    archived = Price.across_merchants.get()
    client.post(f"{BASE}/price/{price.id}/offer/", {"form_key": new_id(), "reason": "a mistake"})

    assert archived.is_active is False
    assert Price.across_merchants.get().is_active is True
    assert [row.history_change_reason for row in price.history.all()] == ["a mistake", "a new list"]


def test_a_coupon_gets_a_code_and_is_deleted(biller: Biller, client_of: ClientOf) -> None:
    client, form = client_of("finance"), {"form_key": new_id(), **NEW[1][2]}
    client.post(f"{BASE}/coupon/new/{biller.id}/", form)
    coupon = Coupon.across_merchants.get()

    client.post(f"{BASE}/coupon/{coupon.id}/code/", {"form_key": new_id(), "code": "spring"})
    client.post(f"{BASE}/coupon/{coupon.id}/archive/", {"form_key": new_id(), "reason": "over"})

    assert PromotionCode.across_merchants.get().code == "SPRING"
    assert Coupon.across_merchants.get().deleted_at is not None


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"percent_off": "", "amount_off": ""}, "Write either the percent or the amount."),
        ({"amount_off": "5", "currency": "usd"}, "Write either the percent or the amount."),
        ({"duration": "once"}, "For some months, say how many"),
        ({"percent_off": "", "amount_off": "0.001", "currency": "usd"}, "in whole cents"),
    ],
)
def test_a_wrong_coupon_is_a_form_error(
    answers: dict[str, Any], words: str, biller: Biller, client_of: ClientOf
) -> None:
    form = {"form_key": new_id(), **NEW[1][2], **answers}

    answer = client_of("finance").post(f"{BASE}/coupon/new/{biller.id}/", form)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Coupon.across_merchants.exists()


def test_a_policy_is_chosen_and_no_longer_when_archived(biller: Biller, client_of: ClientOf) -> None:
    client = client_of("finance")
    client.post(f"{BASE}/dunningpolicy/new/{biller.id}/", {"form_key": new_id(), **NEW[4][2]})
    policy = DunningPolicy.across_merchants.get()

    client.post(f"{BASE}/dunningpolicy/{policy.id}/choose/", {"form_key": new_id(), "reason": "patience"})
    chosen = BillingSettings.across_merchants.get().default_dunning_policy_id
    client.post(f"{BASE}/dunningpolicy/{policy.id}/archive/", {"form_key": new_id(), "reason": "enough"})

    assert (policy.offsets_days, policy.end_action) == ([0, 3, 10], "unpaid")
    assert chosen == policy.id
    assert BillingSettings.across_merchants.get().default_dunning_policy_id is None
    assert DunningPolicy.across_merchants.get().is_active is False


@pytest.mark.parametrize("days", ["1, 2", "0, 5, 3", "0, 500", "soon"])
def test_days_that_do_not_rise_from_zero_are_refused(days: str, biller: Biller, client_of: ClientOf) -> None:
    form = {"form_key": new_id(), **NEW[4][2], "days": days}

    answer = client_of("finance").post(f"{BASE}/dunningpolicy/new/{biller.id}/", form)

    assert answer.status_code == 422
    assert not DunningPolicy.across_merchants.exists()
