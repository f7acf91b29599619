"""What agents see and do about billing's money: deferred parts at the line, disputes, settings, policies, VAT ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client
from django.urls import reverse

from foundation.ids import new_id
from foundation.money import Money
from subscriptions.models import BillingCustomer, BillingSettings, DunningPolicy, Invoice
from subscriptions.operations.follow_dispute import Claim, DisputeNews, follow_dispute
from subscriptions.operations.recognise_revenue import recognise_revenue
from tests.factories.billing import Biller
from tests.factories.later import DAY_SECONDS, later

ClientOf = Callable[..., Client]


def page_of(client: Client, row: Any) -> str:
    answer = client.get(reverse(f"admin:subscriptions_{row._meta.model_name}_change", args=[row.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def send(client: Client, address: str, **answers: Any) -> Any:
    return client.post(address, {"form_key": new_id(), "reason": "agreed with the customer", **answers})


def address(row: Any, verb: str) -> str:
    return f"/admin/subscriptions/{row._meta.model_name}/{row.pk}/{verb}/"


def test_a_line_says_what_is_earned_what_is_deferred_and_leads_to_each_entry(
    biller: Biller, client_of: ClientOf
) -> None:
    subscription = biller.subscribes(prices=[biller.price(12_000, interval="year")])
    [invoice] = biller.invoices(subscription)
    with later(32 * DAY_SECONDS):
        recognise_revenue()

    page = page_of(client_of("finance"), invoice)

    assert "120.00 USD is earned by the month." in page
    assert "20.00 USD" in page and "100.00 USD" in page
    assert page.count("/admin/ledger/journalentry/") >= 4


def test_a_disputed_payment_is_on_the_invoices_page(biller: Biller, client_of: ClientOf) -> None:
    [invoice] = biller.invoices(biller.subscribes())
    [payment] = biller.payments(invoice)
    news = DisputeNews(new_id(), payment.id, Claim.TAKEN, Money(1_000, "usd"), 1)
    follow_dispute(merchant_id=biller.id, news=news)

    page = page_of(client_of("finance"), invoice)

    assert "Disputed: owed again" in page


def test_a_part_that_came_another_way_is_noted_once_per_form(biller: Biller, client_of: ClientOf) -> None:
    subscription = biller.subscribes(collection_method="send_invoice", days_until_due=30)
    [invoice] = biller.invoices(subscription)
    client, key = client_of("finance"), new_id()

    for _ in range(2):
        answers = {"form_key": key, "reason": "on the bank statement", "amount": "2.50"}
        client.post(address(invoice, "note_paid"), answers)

    after = Invoice.objects.for_merchant(biller.id).get(pk=invoice.pk)
    assert (after.status, after.amount_paid_minor) == ("open", 250)
    assert biller.shop.ledger("assets/bank") == 250


def test_settings_are_changed_with_a_reason(biller: Biller, client_of: ClientOf) -> None:
    biller.subscribes()
    settings = BillingSettings.objects.for_merchant(biller.id).get()
    client = client_of("finance")

    refused = send(client, address(settings, "change_settings"), reason="", revenue_pace="daily")
    done = send(
        client,
        address(settings, "change_settings"),
        revenue_pace="daily",
        tax_source="remote",
        tax_fallback="last_known",
        tax_rounding="invoice",
        days_until_due=14,
    )

    settings.refresh_from_db()
    assert (refused.status_code, done.status_code) == (422, 302)
    assert (settings.revenue_pace, settings.tax_source, settings.days_until_due) == ("daily", "remote", 14)
    assert "By the day" in page_of(client, settings)


def test_a_policy_takes_thresholds_words_and_what_a_dispute_does(biller: Biller, client_of: ClientOf) -> None:
    client = client_of("finance")
    terms = {
        "name": "Gentle",
        "days": "0, 3",
        "end_action": "past_due",
        "dispute_action": "pause",
        "resumes_when_won": "on",
        "thresholds": "100 USD, 150.50 EUR",
        "messages": "1: We could not charge {amount}.\nfinal: It is over.",
    }

    assert send(client, f"/admin/subscriptions/dunningpolicy/new/{biller.id}/", **terms).status_code == 302
    refused = send(
        client, f"/admin/subscriptions/dunningpolicy/new/{biller.id}/", **terms | {"messages": "soon: words"}
    )

    policy = DunningPolicy.objects.for_merchant(biller.id).get()
    assert refused.status_code == 422
    assert policy.thresholds == {"usd": 10_000, "eur": 15_050}
    assert policy.messages == {"1": "We could not charge {amount}.", "final": "It is over."}
    assert (policy.dispute_action, policy.resumes_when_won) == ("pause", True)
    assert "150.50 EUR" in page_of(client, policy)


def test_a_vat_id_is_kept_only_if_it_can_exist(biller: Biller, client_of: ClientOf) -> None:
    subscription = biller.subscribes()
    client = client_of("senior_agent")

    send(client, address(subscription, "vat_id"), vat_id="DE 136 695 977")
    assert BillingCustomer.objects.for_merchant(biller.id).get().vat_id == ""
    send(client, address(subscription, "vat_id"), vat_id="DE 136 695 976")

    assert BillingCustomer.objects.for_merchant(biller.id).get().vat_id == "DE136695976"
