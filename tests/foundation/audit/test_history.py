"""History with who and why."""

from __future__ import annotations

from uuid import UUID

import pytest

from foundation.context import acting
from foundation.tenancy.models import Merchant, StaffUser
from payments.models import Customer


@pytest.fixture
def customer(db: None) -> Customer:
    merchant = Merchant.objects.create(name="Tea and Kettles", default_currency="usd")
    return Customer.across_merchants.create(merchant=merchant, name="Jane")


def test_what_a_person_changes_is_kept_with_their_name_and_reason(customer: Customer) -> None:
    ada = StaffUser.objects.create(username="ada")

    with acting(actor="staff:ada", reason="she married"):
        customer.name = "Jane Clayton"
        customer.save()

    row = customer.history.get()
    assert (row.name, row.history_user, row.history_change_reason) == ("Jane Clayton", ada, "she married")


@pytest.mark.parametrize("actor", ["api_key:1", "job:payments.execute_refund", "psp:psp_1", "system"])
def test_what_a_machine_changes_writes_no_history(customer: Customer, actor: str) -> None:
    with acting(actor=actor):
        customer.name = "Jane Clayton"
        customer.save()

    assert customer.history.count() == 0


def test_a_reason_may_be_long(customer: Customer) -> None:
    StaffUser.objects.create(username="ada")

    with acting(actor="staff:ada", reason="x" * 1_500):
        customer.save()

    assert len(customer.history.get().history_change_reason) == 1_500


def test_a_merchants_history_is_kept_whoever_acts(db: None) -> None:
    merchant = Merchant.objects.create(id=UUID(int=1), name="Tea", default_currency="usd")

    assert merchant.history.get().history_user is None
