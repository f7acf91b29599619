"""A card is saved at as many PSPs as answer; the rest waits for its PSP and is saved by a job."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from foundation import clock
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.jobs.models import Job
from payments.errors import PaymentMethodUnusable, PspUnavailable
from payments.models import Customer, PaymentMethod, PspCall, PspToken
from payments.operations.attach_payment_method import attach_payment_method
from payments.operations.create_customer import create_customer
from payments.operations.detach_payment_method import detach_payment_method
from payments.operations.save_waiting_tokens import save_waiting_tokens
from tests.factories.shop import Shop
from tests.factories.two_psps import TwoPsps, open_second_account

JOB = "payments.save_waiting_tokens"


@pytest.fixture
def two(shop: Shop) -> TwoPsps:
    return open_second_account(shop)


@pytest.fixture
def customer(shop: Shop) -> Customer:
    return create_customer(merchant_id=shop.id, customer_id=new_id())


def attaches(two: TwoPsps, method: PaymentMethod, customer: Customer) -> PaymentMethod:
    return attach_payment_method(
        merchant_id=two.shop.id, payment_method_id=method.id, customer_id=customer.id
    )


def saved_at(two: TwoPsps, method: PaymentMethod) -> list[tuple[str, bool]]:
    rows = PspToken.objects.for_merchant(two.shop.id).filter(payment_method=method, revoked_at=None)
    return [
        (row.psp_account.name, bool(row.psp_customer_reference))
        for row in rows.select_related("psp_account").order_by("id")
    ]


def jobs(two: TwoPsps) -> int:
    return Job.objects.filter(name=JOB, merchant_id=two.shop.id).count()


def test_both_psps_save_it_and_nothing_waits(two: TwoPsps, customer: Customer) -> None:
    method = two.method("pm_card_visa", "pm_card_visa")

    attaches(two, method, customer)

    assert saved_at(two, method) == [("Scripted", True), ("Second", True)]
    assert jobs(two) == 0


def test_one_psp_that_is_away_keeps_no_other_from_saving_and_is_caught_up_with(
    two: TwoPsps, customer: Customer
) -> None:
    method = two.method("pm_card_visa", "pm_card_visa")
    # The customer and the card are each asked for; both tries of the job at first fail too.
    two.second_psp.fails("error_before_booking", operation=["customer", "payment_method"], times=2)

    attached = attaches(two, method, customer)

    assert attached.customer_id == customer.id
    assert saved_at(two, method) == [("Scripted", True), ("Second", False)]
    assert two.shop.events().count("payment_method.attached") == 1
    assert jobs(two) == 1
    run_due_jobs()
    assert saved_at(two, method) == [("Scripted", True), ("Second", False)]
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        run_due_jobs()
    assert saved_at(two, method) == [("Scripted", True), ("Second", True)]
    assert two.shop.events().count("payment_method.attached") == 1


def test_meanwhile_the_payment_goes_where_the_card_is_saved(two: TwoPsps, customer: Customer) -> None:
    method = two.method("pm_card_visa", "pm_card_visa")
    two.shop.psp.fails("error_before_booking", operation=["customer", "payment_method"], times=9)
    attaches(two, method, customer)

    two.shop.charges(method, customer_id=customer.id)

    assert two.charges == (0, 1)


def test_when_no_psp_answers_nothing_is_written_and_the_caller_is_told(
    two: TwoPsps, customer: Customer
) -> None:
    method = two.method("pm_card_visa", "pm_card_visa")
    # One script for both: the sandbox has one in all.
    two.second_psp.rules = two.shop.psp.rules
    for psp in (two.shop.psp, two.second_psp):
        psp.fails("error_before_booking", operation=["customer", "payment_method"], times=9)
    before = (PspCall.objects.for_merchant(two.shop.id).count(), two.shop.events())

    with pytest.raises(PspUnavailable):
        attaches(two, method, customer)

    assert saved_at(two, method) == [("Scripted", False), ("Second", False)]
    assert (PspCall.objects.for_merchant(two.shop.id).count(), two.shop.events()) == before
    assert jobs(two) == 0


def test_a_psp_that_refuses_it_is_not_charged_with_it_while_the_other_is(
    two: TwoPsps, customer: Customer
) -> None:
    method = two.method("pm_card_visa", "pm_card_chargeDeclined")

    attaches(two, method, customer)

    assert saved_at(two, method) == [("Scripted", True)]
    assert jobs(two) == 0
    two.shop.charges(method, customer_id=customer.id)
    assert two.charges == (1, 0)


def test_when_every_psp_refuses_it_is_not_attached(two: TwoPsps, customer: Customer) -> None:
    method = two.method("pm_card_chargeDeclined", "pm_card_chargeDeclined")

    with pytest.raises(PaymentMethodUnusable):
        attaches(two, method, customer)

    assert PaymentMethod.objects.for_merchant(two.shop.id).get(pk=method.id).customer_id is None
    assert saved_at(two, method) == [("Scripted", False), ("Second", False)]


def test_a_customer_made_with_a_card_is_made_though_one_psp_is_away(two: TwoPsps) -> None:
    method = two.method("pm_card_visa", "pm_card_visa")
    two.second_psp.fails("error_before_booking", operation=["customer", "payment_method"], times=1)

    made = create_customer(
        merchant_id=two.shop.id, customer_id=new_id(), payment_method_id=method.id, name="Jane"
    )

    assert PaymentMethod.objects.for_merchant(two.shop.id).get(pk=method.id).customer_id == made.id
    run_due_jobs()
    assert saved_at(two, method) == [("Scripted", True), ("Second", True)]


def test_a_job_for_a_card_that_was_detached_meanwhile_saves_nothing(two: TwoPsps, customer: Customer) -> None:
    method = two.method("pm_card_visa", "pm_card_visa")
    two.second_psp.fails("error_before_booking", operation=["customer", "payment_method"], times=1)
    attaches(two, method, customer)
    detach_payment_method(merchant_id=two.shop.id, payment_method_id=method.id)

    did = save_waiting_tokens(merchant_id=two.shop.id, payment_method_id=method.id, customer_id=customer.id)

    assert did is False
    assert saved_at(two, method) == [("Scripted", True), ("Second", False)]
