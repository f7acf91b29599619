"""The pages of subscriptions: what they show, to whom, and in how many queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from foundation.ids import new_id
from foundation.money import Money
from foundation.tenancy.models import Merchant
from subscriptions.discounts import Duration
from subscriptions.models import Invoice, Subscription
from subscriptions.operations.change_items import change_items
from subscriptions.operations.create_coupon import create_coupon
from subscriptions.operations.renew_subscription import renew_subscription
from subscriptions.steps.item_changes import ItemChange
from subscriptions.steps.redeem import Redemption
from tests.factories.billing import Biller

ClientOf = Callable[..., Client]
MOST_QUERIES = 20
FRAME = ("SAVEPOINT", "RELEASE", "SELECT set_config")
"""What a transaction says about itself."""


def page_of(client: Client, row: Subscription | Invoice) -> str:
    answer = client.get(reverse(f"admin:subscriptions_{row._meta.model_name}_change", args=[row.id]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_subscription_page_says_when_it_renews_and_what_is_charged_then(
    biller: Biller, client_of: ClientOf
) -> None:
    subscription = biller.subscribes(quantity=3)

    page = page_of(client_of("agent"), subscription)

    assert "Paid up." in page
    assert "30.00 USD is charged then." in page
    assert "3 × 10.00 USD = 30.00 USD" in page
    assert "Visa •••• 4242" in page


def test_another_merchants_subscription_and_invoice_do_not_exist(biller: Biller, client_of: ClientOf) -> None:
    subscription = biller.subscribes()
    other = Merchant.objects.create(name="Coffee", default_currency="usd")
    client = client_of("finance", "eve", other.id)
    invoice = biller.invoices(subscription)[0]

    for row in (subscription, invoice):
        answer = client.get(reverse(f"admin:subscriptions_{row._meta.model_name}_change", args=[row.id]))
        assert answer.status_code == 302
    refused = client.post(
        f"/admin/subscriptions/subscription/{subscription.id}/cancel/",
        {"form_key": new_id(), "when": "now", "reason": "x"},
    )
    assert refused.status_code == 404
    assert biller.fresh(subscription).status == "active"


def test_the_invoice_page_explains_a_line_and_leads_to_its_booking(
    biller: Biller, client_of: ClientOf
) -> None:
    subscription = biller.subscribes(quantity=2)
    invoice = biller.invoices(subscription)[0]

    page = page_of(client_of("finance"), invoice)

    assert "Why this amount?" in page
    assert "2 × 10.00 USD = 20.00 USD" in page
    assert f"/admin/ledger/journalentry/{invoice.ledger_entry_id}/change/" in page
    assert "Paid at" in page


def test_pages_stay_within_their_queries(biller: Biller, client_of: ClientOf) -> None:
    prices = [biller.price(1_000 + number) for number in range(8)]
    subscription = biller.subscribes(prices=prices, quantity=2)
    invoice = biller.invoices(subscription)[0]
    client = client_of("finance")

    for row in (subscription, invoice):
        # Content types are read once by a process.
        page_of(client, row)
        with CaptureQueriesContext(connection) as queries:
            page_of(client, row)
        asked = [query["sql"] for query in queries if not query["sql"].startswith(FRAME)]
        assert len(asked) <= MOST_QUERIES, "\n".join(sql.split(" FROM ")[-1][:110] for sql in asked)


@pytest.mark.parametrize(
    "model",
    [
        "subscription",
        "invoice",
        "creditnote",
        "product",
        "price",
        "coupon",
        "promotioncode",
        "taxrate",
        "meter",
        "dunningpolicy",
        "billingsettings",
    ],
)
def test_every_list_opens_for_an_auditor(model: str, biller: Biller, client_of: ClientOf) -> None:
    biller.subscribes()

    answer = client_of("auditor").get(f"/admin/subscriptions/{model}/")

    assert answer.status_code == 200


def test_an_invoice_is_found_by_its_number_and_a_subscription_by_its_customer(
    biller: Biller, client_of: ClientOf
) -> None:
    subscription = biller.subscribes(biller.customer(email="kim@example.com"))
    biller.subscribes()
    invoice = biller.invoices(subscription)[0]
    client = client_of("agent")

    by_number = client.get(f"/admin/subscriptions/invoice/?q={invoice.number.lower()}").context["cl"]
    by_mail = client.get("/admin/subscriptions/subscription/?q=KIM@example.com").context["cl"]

    assert list(by_number.result_list) == [invoice]
    assert list(by_mail.result_list) == [subscription]


def test_a_pasted_id_opens_its_page(biller: Biller, client_of: ClientOf) -> None:
    subscription = biller.subscribes()

    answer = client_of("agent").get(f"/admin/search/?s={subscription.public_id}")

    assert answer.headers["HX-Redirect"] == f"/admin/subscriptions/subscription/{subscription.id}/change/"


def test_the_load_counts_what_is_due_and_leads_to_it(biller: Biller, client_of: ClientOf) -> None:
    day = biller.price(500, interval="day")
    biller.subscribes(prices=[day])
    biller.subscribes(prices=[day])
    biller.subscribes()
    client = client_of("agent")

    page = client.get("/admin/subscriptions/subscription/load/")

    assert page.status_code == 200
    assert page.context["total"] == 2
    busy = page.context["busy"]
    assert sum(bar.count for bar in busy) == 2
    assert client.get(busy[0].url).context["cl"].paginator.count == busy[0].count
    assert b"<svg" in page.content


def test_an_invoice_over_a_discount_explains_what_came_off(biller: Biller, client_of: ClientOf) -> None:
    coupon = create_coupon(
        merchant_id=biller.id,
        coupon_id=new_id(),
        duration=Duration.ONCE,
        percent_off=Decimal("25"),
        name="Spring",
    )
    subscription = biller.subscribes(discounts=(Redemption(coupon_id=coupon.id),))
    invoice = biller.invoices(subscription)[0]

    page = page_of(client_of("agent"), invoice)

    assert invoice.total == Money(750, "usd")
    assert "Discount: Spring" in page
    assert "−2.50 USD" in page


def test_a_halted_subscription_says_so_and_its_case_and_the_home_page_lead_to_it(
    biller: Biller, client_of: ClientOf
) -> None:
    subscription = biller.subscribes()
    with time_machine.travel(subscription.current_period_end_at + timedelta(days=40), tick=False):
        renew_subscription(merchant_id=biller.id, subscription_id=subscription.id)
    client = client_of("finance")

    page = page_of(client, subscription)
    cases = client.get("/admin/payments/case/?state=open").content.decode()
    waiting = {figure.label: figure.lines[0] for figure in client.get("/admin/").context["waiting"]}

    assert "more than one period was missed" in page
    assert f"/admin/subscriptions/subscription/{subscription.id}/change/" in cases
    number, url, _ = waiting["Renewing halted"]
    assert number == "1"
    assert list(client.get(url).context["cl"].result_list) == [subscription]


def test_a_change_is_explained_by_the_debit_it_reverses_and_its_seconds(
    biller: Biller, client_of: ClientOf
) -> None:
    subscription = biller.subscribes(quantity=3)
    half = subscription.current_period_end_at - subscription.current_period_start_at
    with time_machine.travel(subscription.current_period_start_at + half / 2, tick=False):
        change_items(
            merchant_id=biller.id,
            subscription_id=subscription.id,
            changes=[ItemChange(item_id=subscription.items.get().id, quantity=1)],
            proration_behavior="always_invoice",
        )
    first, second = biller.invoices(subscription)
    client = client_of("agent")
    whole = int(half.total_seconds())

    page = page_of(client, second)

    assert f"−round(30.00 USD × {whole // 2:,} s ÷ {whole:,} s) = −15.00 USD" in page
    assert f"round(1 × 10.00 USD × {whole // 2:,} s ÷ {whole:,} s) = 5.00 USD" in page
    assert f"/admin/subscriptions/invoice/{first.id}/change/#line-1" in page
    assert "it comes to something else" not in page
    assert f"/admin/subscriptions/invoice/{second.id}/change/#line-1" in page_of(client, first)
