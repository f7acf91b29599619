"""Paying an invoice through the API: in parts, with the address of its page, and once however often it is asked."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from foundation.events.models import Event
from subscriptions.models import Invoice
from tests.factories.billing import Biller
from tests.payments.api.conftest import CheckedCaller


@pytest.fixture
def owed(biller: Biller) -> Invoice:
    subscription = biller.subscribes(collection_method="send_invoice", days_until_due=30)
    return biller.invoices(subscription)[0]


def pay(api: CheckedCaller, invoice: Invoice, **named: Any) -> dict[str, Any]:
    paid: dict[str, Any] = api.post_form(f"/v1/invoices/{invoice.public_id}/pay", **named)
    return paid


def test_a_part_is_charged_and_the_rest_stays_owed(api: CheckedCaller, biller: Biller, owed: Invoice) -> None:
    first = pay(api, owed, amount=300)
    second = pay(api, owed, amount=200, paid_out_of_band="true")

    assert (first["status"], first["amount_paid"], first["amount_remaining"]) == ("open", 300, 700)
    assert (second["status"], second["amount_paid"], second["amount_remaining"]) == ("open", 500, 500)
    assert biller.shop.psp.charges() == 1
    assert pay(api, owed)["status"] == "paid"


def test_more_than_what_remains_is_refused(api: CheckedCaller, biller: Biller, owed: Invoice) -> None:
    answer = api.post(f"/v1/invoices/{owed.public_id}/pay", "amount=1001")

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invoice_payment_exceeds_remaining"
    assert biller.shop.psp.charges() == 0


def test_the_same_key_twice_notes_one_payment(api: CheckedCaller, biller: Biller, owed: Invoice) -> None:
    path, body = f"/v1/invoices/{owed.public_id}/pay", "amount=100&paid_out_of_band=true"

    answers = [api.post(path, body, key="one-payment").json() for _ in range(2)]

    assert answers[0] == answers[1]
    assert biller.shop.ledger("assets/bank") == 100


def test_its_page_and_pdf_are_told_in_answers_and_events_and_open(
    api: CheckedCaller, client: Client, biller: Biller, owed: Invoice
) -> None:
    shown = api.get(f"/v1/invoices/{owed.public_id}").json()
    told = Event.objects.for_merchant(biller.id).filter(type="invoice.finalized").latest("position").data

    for name in ("hosted_invoice_url", "invoice_pdf"):
        assert told[name] == shown[name]
        assert client.get(shown[name].split("8000")[-1]).status_code == 200


def test_a_draft_has_no_page_yet(api: CheckedCaller, biller: Biller) -> None:
    customer = biller.customer()

    draft = api.post_form("/v1/invoices", customer=customer.public_id)

    assert (draft["hosted_invoice_url"], draft["invoice_pdf"]) == (None, None)
