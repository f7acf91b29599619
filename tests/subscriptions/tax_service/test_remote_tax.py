"""Taxes from the tax service: asked before an invoice is final, kept for when it is down, waited for else."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings

from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.money import Money
from foundation.resilience import breaker
from foundation.resilience.breaker import Switch
from ledger.queries.verify import verify_books
from payments.psp.sandbox.tax import TaxSandbox
from subscriptions.errors import TaxNotKnown
from subscriptions.models import Invoice, Subscription, TaxAnswer
from subscriptions.operations.claim_due_drafts import claim_due_drafts
from subscriptions.operations.create_invoice import create_invoice
from subscriptions.operations.create_invoice_item import create_invoice_item
from subscriptions.operations.finalize_invoice import finalize_invoice
from subscriptions.operations.set_vat_id import set_vat_id
from subscriptions.operations.update_billing_settings import update_billing_settings
from subscriptions.tax_service.client import CIRCUIT
from tests.factories.billing import Biller
from tests.factories.later import DAY_SECONDS, later

GERMANY = {"country": "DE", "postal_code": "10115"}
FRANCE = {"country": "FR", "postal_code": "75001"}
VAT_ID = "FR40303265045"


@pytest.fixture
def service(settings: LazySettings) -> Iterator[TaxSandbox]:
    """The service as a real HTTP server of this test."""
    server = TaxSandbox()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.TAX_SERVICE_URL = server.url
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def _circuit_begins_closed() -> None:
    breaker.switch(CIRCUIT, Switch.AUTOMATIC)


def fails(service: TaxSandbox, fault: str, times: int = 1) -> None:
    body = json.dumps({"fault": fault, "times": times}).encode()
    urllib.request.urlopen(f"{service.url}/_faults", data=body).close()


def asks(biller: Biller, **fields: Any) -> None:
    biller.shop.merchant.country = "DE"
    biller.shop.merchant.save()
    update_billing_settings(merchant_id=biller.id, tax_source="remote", **fields)


def draft(biller: Biller, *amounts: int, address: dict[str, str] = GERMANY, **customer: Any) -> Invoice:
    buyer = biller.customer(address=address, **customer)
    for amount in amounts or (1_000,):
        create_invoice_item(
            merchant_id=biller.id,
            invoice_item_id=new_id(),
            customer_id=buyer.id,
            amount=Money(amount, "usd"),
        )
    return create_invoice(
        merchant_id=biller.id,
        invoice_id=new_id(),
        customer_id=buyer.id,
        currency="usd",
        auto_advance=True,
        includes_pending=True,
    )


def final(biller: Biller, invoice: Invoice) -> Invoice:
    return finalize_invoice(merchant_id=biller.id, invoice_id=invoice.id)


def fresh(biller: Biller, invoice: Invoice) -> Invoice:
    return Invoice.objects.for_merchant(biller.id).get(pk=invoice.pk)


def test_the_tax_is_the_services_and_the_books_carry_it(biller: Biller, service: TaxSandbox) -> None:
    asks(biller)
    waiting = draft(biller)
    assert (waiting.tax_status, waiting.tax_minor) == ("pending", 0)

    invoice = final(biller, waiting)

    assert (invoice.tax_status, invoice.tax_minor, invoice.total_minor) == ("answered", 190, 1_190)
    assert biller.shop.ledger("liabilities/tax_payable") == 190
    assert biller.lines(invoice)[0].taxes[0]["rate"] == "de-19"
    assert verify_books(biller.id).differences == []


def test_one_kind_of_sale_is_asked_once_and_known_when_the_next_is_drafted(
    biller: Biller, service: TaxSandbox
) -> None:
    asks(biller)
    final(biller, draft(biller, 1_000, 2_000, 3_000))

    second = draft(biller)

    assert (service.asked, second.tax_status, second.tax_minor) == (1, "answered", 190)


@pytest.mark.parametrize("fault", ["error", "reset", "garbage", "busy"])
def test_without_an_answer_a_person_is_told_and_nothing_is_written(
    biller: Biller, service: TaxSandbox, fault: str
) -> None:
    asks(biller)
    waiting = draft(biller)
    fails(service, fault)
    before = biller.footprint()

    with pytest.raises(TaxNotKnown):
        final(biller, waiting)

    assert biller.footprint() == before
    assert (fresh(biller, waiting).status, fresh(biller, waiting).number) == ("draft", "")


def test_the_job_leaves_it_a_draft_and_finalizes_it_when_the_service_is_back(
    biller: Biller, service: TaxSandbox
) -> None:
    asks(biller)
    waiting = draft(biller)
    fails(service, "error", times=2)

    with later(3_700):
        claim_due_drafts()
        run_due_jobs()
        assert fresh(biller, waiting).status == "draft"
    with later(2 * 3_700):
        claim_due_drafts()
        run_due_jobs()
    with later(3 * 3_700):
        claim_due_drafts()
        run_due_jobs()
        biller.hears_of_payments()

    invoice = fresh(biller, waiting)
    assert (invoice.status, invoice.number, invoice.tax_minor) == ("paid", "INV-0001", 190)
    assert biller.shop.psp.charges() == 1


def test_an_old_answer_stands_in_where_the_policy_allows(biller: Biller, service: TaxSandbox) -> None:
    asks(biller, tax_fallback="last_known")
    final(biller, draft(biller))

    with later(2 * DAY_SECONDS):
        waiting = draft(biller)
        fails(service, "error")
        invoice = final(biller, waiting)

    assert (waiting.tax_status, invoice.tax_status, invoice.tax_minor) == ("pending", "last_known", 190)


def test_an_old_answer_is_none_where_the_policy_waits(biller: Biller, service: TaxSandbox) -> None:
    asks(biller, tax_fallback="wait")
    final(biller, draft(biller))

    with later(2 * DAY_SECONDS):
        waiting = draft(biller)
        fails(service, "error")
        with pytest.raises(TaxNotKnown):
            final(biller, waiting)

    assert (fresh(biller, waiting).status, fresh(biller, waiting).tax_status) == ("draft", "pending")


def test_no_answer_at_all_opens_the_circuit_after_ten_and_then_nobody_is_asked(
    biller: Biller, settings: LazySettings
) -> None:
    asks(biller)
    settings.TAX_SERVICE_URL = "http://127.0.0.1:9"
    waiting = draft(biller)

    for _ in range(11):
        with pytest.raises(TaxNotKnown):
            final(biller, waiting)

    assert not breaker.ask(CIRCUIT).allowed


def test_a_subscription_is_sold_with_its_tax(biller: Biller, service: TaxSandbox) -> None:
    asks(biller)

    subscription = biller.subscribes(biller.customer(address=FRANCE))

    [invoice] = biller.invoices(subscription)
    assert (invoice.status, invoice.total_minor, invoice.amount_paid_minor) == ("paid", 1_200, 1_200)
    assert subscription.status == "active"


def test_sold_while_the_service_is_down_its_first_invoice_waits_and_is_charged_later(
    biller: Biller, service: TaxSandbox
) -> None:
    asks(biller)
    fails(service, "error")

    subscription: Subscription = biller.subscribes(biller.customer(address=FRANCE))
    [invoice] = biller.invoices(subscription)
    assert (subscription.status, invoice.status, biller.shop.psp.charges()) == ("incomplete", "draft", 0)
    run_due_jobs()
    run_due_jobs()
    biller.hears_of_payments()

    assert biller.fresh(subscription).status == "active"
    assert biller.shop.psp.charges() == 1


def test_an_inclusive_price_keeps_its_amount(biller: Biller, service: TaxSandbox) -> None:
    asks(biller)

    subscription = biller.subscribes(
        biller.customer(address=GERMANY), prices=[biller.price(1_190, tax_behavior="inclusive")]
    )

    [invoice] = biller.invoices(subscription)
    assert (invoice.total_minor, invoice.inclusive_tax_minor) == (1_190, 190)


def test_across_a_border_a_customer_with_a_vat_id_owes_the_tax(biller: Biller, service: TaxSandbox) -> None:
    asks(biller)
    waiting = draft(biller, address=FRANCE, tax_exempt="reverse")
    set_vat_id(merchant_id=biller.id, customer_id=waiting.customer_id, vat_id=VAT_ID)

    invoice = final(biller, waiting)

    assert (invoice.total_minor, invoice.tax_minor) == (1_000, 0)
    assert biller.lines(invoice)[0].taxes[0]["taxability_reason"] == "reverse_charge"
    assert invoice.customer_snapshot is not None
    assert invoice.customer_snapshot["vat_id"] == VAT_ID


def test_rounded_per_line_or_once_on_the_invoice(biller: Biller, service: TaxSandbox) -> None:
    asks(biller)
    by_line = final(biller, draft(biller, *[3] * 3))
    update_billing_settings(merchant_id=biller.id, tax_rounding="invoice")
    at_once = final(biller, draft(biller, *[3] * 3))

    # 19 % of 3 is 0.57: three times a unit, or 1.71 once.
    assert (by_line.tax_minor, at_once.tax_minor) == (3, 2)


def test_what_is_kept_names_no_person(biller: Biller, service: TaxSandbox) -> None:
    asks(biller)
    final(biller, draft(biller, name="Ada", email="ada@example.com"))

    [kept] = TaxAnswer.objects.for_merchant(biller.id)
    assert kept.question == {
        "seller_country": "DE",
        "customer_country": "DE",
        "customer_state": "",
        "customer_postal_code": "10115",
        "tax_code": "",
    }
