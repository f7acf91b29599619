"""Disputes of an invoice's payment: what was claimed is owed again, what was won pays it again."""

from __future__ import annotations

from uuid import UUID

import pytest

from foundation.ids import new_id
from foundation.money import Money
from ledger.queries.verify import verify_books
from subscriptions.errors import InvoicePaymentExceedsRemaining
from subscriptions.models import DisputedPayment, DunningPolicy, Invoice, Subscription
from subscriptions.operations.create_dunning_policy import create_dunning_policy
from subscriptions.operations.create_invoice import create_invoice
from subscriptions.operations.create_invoice_item import create_invoice_item
from subscriptions.operations.finalize_invoice import finalize_invoice
from subscriptions.operations.follow_dispute import Claim, DisputeNews, follow_dispute
from subscriptions.operations.pay_invoice import pay_invoice
from subscriptions.operations.update_dunning_policy import update_dunning_policy
from tests.factories.billing import Biller
from tests.factories.dispute_desk import Desk

RECEIVABLES, DISPUTED = "assets/receivables", "liabilities/disputed_payments"


def owing(biller: Biller, minor: int = 24_995) -> Invoice:
    customer = biller.customer()
    create_invoice_item(
        merchant_id=biller.id,
        invoice_item_id=new_id(),
        customer_id=customer.id,
        amount=Money(minor, "usd"),
    )
    invoice = create_invoice(
        merchant_id=biller.id,
        invoice_id=new_id(),
        customer_id=customer.id,
        currency="usd",
        includes_pending=True,
    )
    return finalize_invoice(merchant_id=biller.id, invoice_id=invoice.id)


def fresh(biller: Biller, invoice: Invoice) -> Invoice:
    return Invoice.objects.for_merchant(biller.id).get(pk=invoice.pk)


def remaining(biller: Biller, invoice: Invoice) -> int:
    return fresh(biller, invoice).amount_remaining.amount_minor


def paid_subscription(biller: Biller) -> tuple[Subscription, Invoice]:
    subscription = biller.subscribes()
    [invoice] = biller.invoices(subscription)
    return subscription, invoice


def hears(
    biller: Biller,
    invoice: Invoice,
    claim: Claim,
    *,
    amount: int = 1_000,
    position: int = 1,
    dispute_id: UUID | None = None,
    currency: str = "usd",
) -> None:
    [payment, *_] = biller.payments(invoice)
    news = DisputeNews(dispute_id or DISPUTE, payment.id, claim, Money(amount, currency), position)
    follow_dispute(merchant_id=biller.id, news=news)


DISPUTE = new_id()


def policy(biller: Biller, **fields: object) -> DunningPolicy:
    made = create_dunning_policy(
        merchant_id=biller.id,
        dunning_policy_id=new_id(),
        name="Strict",
        offsets_days=[0, 2],
        end_action="cancel",  # type: ignore[arg-type]
        **fields,
    )
    return update_dunning_policy(merchant_id=biller.id, dunning_policy_id=made.id, is_default=True)


def test_case_E19_a_chargeback_of_a_part_reopens_it_and_its_reversal_closes_it(biller: Biller) -> None:
    invoice = owing(biller)
    pay_invoice(merchant_id=biller.id, invoice_id=invoice.id, amount=Money(1_000, "usd"))
    assert remaining(biller, invoice) == 23_995

    hears(biller, invoice, Claim.TAKEN, position=1)
    assert remaining(biller, invoice) == 24_995
    assert biller.shop.ledger(RECEIVABLES) == 24_995
    hears(biller, invoice, Claim.OURS, position=2)

    assert remaining(biller, invoice) == 23_995
    assert fresh(biller, invoice).status == "open"
    assert (biller.shop.ledger(RECEIVABLES), biller.shop.ledger(DISPUTED)) == (23_995, 0)
    assert verify_books(biller.id).differences == []


def test_an_end_that_is_heard_before_the_beginning_leaves_the_invoice_paid(biller: Biller) -> None:
    subscription, invoice = paid_subscription(biller)

    hears(biller, invoice, Claim.OURS, position=12)
    hears(biller, invoice, Claim.TAKEN, position=10)

    assert (fresh(biller, invoice).status, remaining(biller, invoice)) == ("paid", 0)
    assert biller.fresh(subscription).status == "active"
    assert biller.shop.ledger(DISPUTED) == 0
    assert verify_books(biller.id).differences == []
    hears(biller, invoice, Claim.TAKEN, position=14)
    assert remaining(biller, invoice) == 1_000


def test_case_E19_through_the_psp_its_webhooks_and_our_events(biller: Biller) -> None:
    desk = Desk(biller.shop)
    invoice = owing(biller)
    pay_invoice(merchant_id=biller.id, invoice_id=invoice.id, amount=Money(1_000, "usd"))
    [payment] = biller.payments(invoice)
    assert payment.payment_intent is not None

    dispute = biller.shop.psp.disputes(desk.reference_of(payment.payment_intent))
    desk.hears()
    assert remaining(biller, invoice) == 24_995
    biller.shop.psp.decides(dispute["id"], "won")
    desk.time_passes()

    assert remaining(biller, invoice) == 23_995
    assert verify_books(biller.id).differences == []


def test_parts_add_up_to_paid(biller: Biller) -> None:
    invoice = owing(biller)

    for part in (1_000, 20_000):
        pay_invoice(merchant_id=biller.id, invoice_id=invoice.id, amount=Money(part, "usd"))
    pay_invoice(merchant_id=biller.id, invoice_id=invoice.id, amount=Money(995, "usd"), is_out_of_band=True)
    pay_invoice(merchant_id=biller.id, invoice_id=invoice.id)

    assert (fresh(biller, invoice).status, remaining(biller, invoice)) == ("paid", 0)
    assert [payment.applied_minor for payment in biller.payments(invoice)] == [1_000, 20_000, 995, 3_000]
    assert biller.shop.psp.charges() == 3
    assert biller.shop.ledger(RECEIVABLES) == 0
    assert verify_books(biller.id).differences == []


def test_one_out_of_band_payment_noted_twice_under_its_id_is_one(biller: Biller) -> None:
    invoice, payment_id = owing(biller), new_id()

    for _ in range(2):
        pay_invoice(
            merchant_id=biller.id,
            invoice_id=invoice.id,
            amount=Money(995, "usd"),
            is_out_of_band=True,
            out_of_band_id=payment_id,
        )

    assert remaining(biller, invoice) == 24_000
    assert biller.shop.ledger("assets/bank") == 995


@pytest.mark.parametrize("is_out_of_band", [False, True])
def test_more_than_what_remains_is_refused_and_leaves_no_trace(biller: Biller, is_out_of_band: bool) -> None:
    invoice = owing(biller)
    before = biller.footprint()

    with pytest.raises(InvoicePaymentExceedsRemaining):
        pay_invoice(
            merchant_id=biller.id,
            invoice_id=invoice.id,
            amount=Money(24_996, "usd"),
            is_out_of_band=is_out_of_band,
        )

    assert biller.footprint() == before


def test_a_paid_invoice_is_open_again_and_left_to_a_person(biller: Biller) -> None:
    subscription, invoice = paid_subscription(biller)

    hears(biller, invoice, Claim.TAKEN)

    reopened = fresh(biller, invoice)
    assert (reopened.status, reopened.paid_at, reopened.auto_advance) == ("open", None, False)
    assert reopened.amount_remaining == Money(1_000, "usd")
    assert biller.fresh(subscription).status == "active"
    assert verify_books(biller.id).differences == []


def test_lost_it_stays_owed_and_the_loss_stands_against_what_is_reclaimed(biller: Biller) -> None:
    _, invoice = paid_subscription(biller)

    hears(biller, invoice, Claim.TAKEN, position=1)
    hears(biller, invoice, Claim.LOST, position=2)

    assert remaining(biller, invoice) == 1_000
    assert biller.shop.ledger("income/disputes_reclaimed") == 1_000
    assert biller.shop.ledger(DISPUTED) == 0
    assert verify_books(biller.id).differences == []


def test_a_late_win_after_it_was_paid_another_way_is_the_customers_credit(biller: Biller) -> None:
    _, invoice = paid_subscription(biller)
    hears(biller, invoice, Claim.LOST, position=1)
    pay_invoice(merchant_id=biller.id, invoice_id=invoice.id, is_out_of_band=True)

    hears(biller, invoice, Claim.OURS, position=2)

    assert (fresh(biller, invoice).status, remaining(biller, invoice)) == ("paid", 0)
    assert biller.shop.ledger("liabilities/customer_balance") == 1_000
    assert biller.shop.ledger("income/disputes_reclaimed") == 0
    assert verify_books(biller.id).differences == []


def test_news_that_is_older_or_comes_twice_changes_nothing(biller: Biller) -> None:
    _, invoice = paid_subscription(biller)
    hears(biller, invoice, Claim.TAKEN, position=5)
    hears(biller, invoice, Claim.OURS, position=7)
    before, footprint = biller.shop.balances(), biller.footprint()

    for position in (7, 6, 5):
        hears(biller, invoice, Claim.TAKEN, position=position)

    assert (biller.shop.balances(), biller.footprint()) == (before, footprint)
    assert fresh(biller, invoice).status == "paid"


def test_a_second_chargeback_after_a_win_claims_it_again(biller: Biller) -> None:
    _, invoice = paid_subscription(biller)

    for position, claim in enumerate((Claim.TAKEN, Claim.OURS, Claim.TAKEN, Claim.LOST), start=1):
        hears(biller, invoice, claim, position=position)

    assert remaining(biller, invoice) == 1_000
    assert DisputedPayment.objects.for_merchant(biller.id).get().round == 2
    assert verify_books(biller.id).differences == []


def test_a_dispute_in_another_currency_means_the_whole_payment(biller: Biller) -> None:
    _, invoice = paid_subscription(biller)

    hears(biller, invoice, Claim.TAKEN, amount=937, currency="eur")

    assert remaining(biller, invoice) == 1_000


def test_what_is_only_asked_about_reopens_nothing(biller: Biller) -> None:
    _, invoice = paid_subscription(biller)

    hears(biller, invoice, Claim.ASKED)

    assert fresh(biller, invoice).status == "paid"


@pytest.mark.parametrize(
    ("action", "status", "pause"),
    [("keep", "active", ""), ("pause", "active", "keep_as_draft"), ("cancel", "canceled", "")],
)
def test_the_policy_says_what_becomes_of_the_subscription(
    biller: Biller, action: str, status: str, pause: str
) -> None:
    policy(biller, dispute_action=action)
    subscription, invoice = paid_subscription(biller)

    hears(biller, invoice, Claim.TAKEN)

    after = biller.fresh(subscription)
    assert (after.status, after.pause_behavior) == (status, pause)


@pytest.mark.parametrize(("resumes", "pause"), [(True, ""), (False, "keep_as_draft")])
def test_won_what_it_had_paused_goes_on_if_the_policy_says_so(
    biller: Biller, resumes: bool, pause: str
) -> None:
    policy(biller, dispute_action="pause", resumes_when_won=resumes)
    subscription, invoice = paid_subscription(biller)
    hears(biller, invoice, Claim.TAKEN, position=1)

    hears(biller, invoice, Claim.OURS, position=2)

    assert biller.fresh(subscription).pause_behavior == pause
    assert fresh(biller, invoice).status == "paid"


def test_a_payment_that_is_no_invoices_is_left_alone(biller: Biller) -> None:
    intent = biller.shop.pays(500)
    before = biller.footprint()

    news = DisputeNews(new_id(), intent.id, Claim.TAKEN, Money(500, "usd"), 1)
    assert follow_dispute(merchant_id=biller.id, news=news) is None

    assert biller.footprint() == before
    assert biller.shop.ledger(RECEIVABLES) == 0
