"""People of the back office."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from foundation.tenancy.errors import StaffInvalid
from foundation.tenancy.models import Merchant, StaffUser
from foundation.tenancy.staff import assign_staff, create_staff, set_staff_active

PASSWORD = "correct-horse-battery"


@pytest.fixture
def merchants(db: None) -> list[Merchant]:
    return [Merchant.objects.create(name=name, default_currency="usd") for name in ("Tea", "Coffee")]


def merchants_of(staff: StaffUser) -> set[str]:
    return {assignment.merchant.name for assignment in staff.assignments.all()}


def run(monkeypatch: pytest.MonkeyPatch, password: str, *arguments: str) -> Any:
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    printed = io.StringIO()
    call_command("create_staff", *arguments, "--password-stdin", stdout=printed)
    return json.loads(printed.getvalue())


def test_a_person_gets_a_role_and_every_merchant_by_default(merchants: list[Merchant]) -> None:
    staff = create_staff(username="ada", role="agent", password=PASSWORD)

    assert [group.name for group in staff.groups.all()] == ["agent"]
    assert merchants_of(staff) == {"Tea", "Coffee"}
    assert staff.is_staff
    assert not staff.is_superuser
    assert staff.check_password(PASSWORD)


def test_making_the_same_person_twice_sets_and_does_not_add_up(merchants: list[Merchant]) -> None:
    create_staff(username="ada", role="agent", password=PASSWORD)

    staff = create_staff(username="ada", role="finance", password=PASSWORD, merchant_ids=[merchants[0].id])

    assert StaffUser.objects.count() == 1
    assert [group.name for group in staff.groups.all()] == ["finance"]
    assert merchants_of(staff) == {"Tea"}


def test_an_unknown_role_is_refused_and_leaves_no_trace(merchants: list[Merchant]) -> None:
    with pytest.raises(StaffInvalid, match="no role 'pope'"):
        create_staff(username="ada", role="pope", password=PASSWORD)

    assert StaffUser.objects.count() == 0


def test_assigning_moves_a_person_from_one_merchant_to_another(merchants: list[Merchant]) -> None:
    staff = create_staff(username="ada", role="agent", password=PASSWORD, merchant_ids=[merchants[0].id])

    assign_staff(staff_id=staff.pk, role="auditor", merchant_ids=[merchants[1].id])

    assert merchants_of(staff) == {"Coffee"}
    assert [group.name for group in staff.groups.all()] == ["auditor"]


def test_a_person_is_switched_off_and_on(merchants: list[Merchant]) -> None:
    staff = create_staff(username="ada", role="agent", password=PASSWORD)

    set_staff_active(staff_id=staff.pk, is_active=False)
    assert not StaffUser.objects.get().is_active
    set_staff_active(staff_id=staff.pk, is_active=True)

    assert StaffUser.objects.get().is_active


def test_the_command_reads_the_password_and_prints_what_it_made(
    merchants: list[Merchant], monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = run(monkeypatch, PASSWORD, "ada", "--role", "agent", "--merchant", merchants[0].public_id)

    assert printed == {"username": "ada", "role": "agent", "merchants": 1}
    assert StaffUser.objects.get().check_password(PASSWORD)


def test_the_command_refuses_a_weak_password_in_one_sentence(
    merchants: list[Merchant], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CommandError, match="at least 12 characters"):
        run(monkeypatch, "short", "ada", "--role", "agent")
