"""The customer's page and PDF: behind the token only, without scripts, and the same bytes every time."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
import time_machine
from django.test import Client
from pypdf import PdfReader

from foundation import clock
from foundation.ids import new_id
from subscriptions.discounts import Duration
from subscriptions.models import Invoice
from subscriptions.operations.create_coupon import create_coupon
from subscriptions.operations.create_subscription import PaymentBehavior
from subscriptions.operations.create_tax_rate import create_tax_rate
from subscriptions.operations.void_invoice import void_invoice
from subscriptions.steps.redeem import Redemption
from tests.factories.billing import Biller


@pytest.fixture
def invoice(biller: Biller) -> Invoice:
    """Three seats, a quarter off, 19 % on top, to a customer with an address abroad."""
    rate = create_tax_rate(
        merchant_id=biller.id,
        tax_rate_id=new_id(),
        display_name="VAT",
        percentage=Decimal("19"),
        inclusive=False,
        jurisdiction="DE",
    )
    coupon = create_coupon(
        merchant_id=biller.id, coupon_id=new_id(), duration=Duration.ONCE, percent_off=Decimal("25")
    )
    customer = biller.customer(
        name="Łukasz Żółty <b>", email="lukasz@example.com", address={"line1": "Długa 1", "country": "PL"}
    )
    subscription = biller.subscribes(
        customer,
        quantity=3,
        default_tax_rate_ids=(rate.id,),
        discounts=(Redemption(coupon_id=coupon.id),),
    )
    return biller.invoices(subscription)[0]


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def test_the_page_says_who_owes_what_for_which_time_and_needs_no_script(
    invoice: Invoice, client: Client
) -> None:
    answer = client.get(f"/invoices/{invoice.hosted_token}")

    page = answer.content.decode()
    assert answer.status_code == 200
    for words in (
        invoice.number,
        "Łukasz Żółty &lt;b&gt;",
        "Tea shop",
        "30.00 USD",
        "Discount −7.50 USD",
        "Tax DE 19 %",
        "4.28 USD",
        "26.78 USD",
        "Still to be paid",
    ):
        assert words in page
    assert "<script" not in page and "style=" not in page
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("token", ["", "x", "a" * 32, "../admin", "0" * 500])
def test_a_wrong_token_finds_nothing(token: str, invoice: Invoice, client: Client) -> None:
    assert client.get(f"/invoices/{token}").status_code == 404
    assert client.get(f"/invoices/{token}/pdf").status_code == 404


def test_the_empty_token_of_a_draft_opens_no_invoice(biller: Biller, client: Client) -> None:
    invoice = biller.invoices(biller.subscribes())[0]
    Invoice.across_merchants.filter(pk=invoice.pk).update(hosted_token="")

    assert client.get("/invoices/").status_code == 404


def test_the_page_is_only_read(invoice: Invoice, client: Client) -> None:
    assert client.post(f"/invoices/{invoice.hosted_token}").status_code == 405


def test_the_pdf_has_the_same_bytes_on_another_day(invoice: Invoice, client: Client) -> None:
    address = f"/invoices/{invoice.hosted_token}/pdf"

    first = client.get(address)
    with time_machine.travel(clock.now() + timedelta(days=400), tick=False):
        later = client.get(address)

    assert first.headers["Content-Type"] == "application/pdf"
    assert first.content == later.content
    assert f'filename="{invoice.number}.pdf"' in first.headers["Content-Disposition"]


def test_the_pdf_says_what_the_page_says(invoice: Invoice, client: Client) -> None:
    words = text_of(client.get(f"/invoices/{invoice.hosted_token}/pdf").content)

    for part in (
        invoice.number,
        "Łukasz Żółty <b>",
        "3 × Tea",
        "30.00 USD",
        "Tax DE 19 %",
        "26.78 USD",
        "Paid",
    ):
        assert part in words


def test_a_long_invoice_goes_on_over_pages_with_all_its_lines(biller: Biller, client: Client) -> None:
    prices = [biller.price(100 + number) for number in range(20)]
    start = clock.now() - timedelta(days=100)
    subscription = biller.subscribes(prices=prices, quantity=1, backdate_start_at=start)
    invoice = biller.invoices(subscription)[0]

    pdf = client.get(f"/invoices/{invoice.hosted_token}/pdf").content

    assert len(PdfReader(BytesIO(pdf)).pages) > 1
    assert text_of(pdf).count("1 × Tea") == len(biller.lines(invoice)) >= 60


def test_a_void_invoice_says_so(biller: Biller, client: Client) -> None:
    subscription = biller.subscribes(biller.customer(None), behavior=PaymentBehavior.DEFAULT_INCOMPLETE)
    invoice = void_invoice(merchant_id=biller.id, invoice_id=biller.invoices(subscription)[0].id)

    assert "Void invoice" in client.get(f"/invoices/{invoice.hosted_token}").content.decode()
    assert "Void invoice" in text_of(client.get(f"/invoices/{invoice.hosted_token}/pdf").content)
