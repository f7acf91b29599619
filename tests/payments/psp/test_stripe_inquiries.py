"""The Stripe connector against the sandbox: these files are the only place where Stripe's shapes are asserted.

What became of a call: found by the PSP's reference or our key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from foundation.money import Money
from payments.psp.outcomes import (
    Declined,
    NotFound,
    Succeeded,
    Unknown,
    Voided,
)
from payments.psp.port import (
    Answer,
    Credentials,
    VoidRequest,
)
from tests.factories.scripted_psp import ScriptedPsp
from tests.payments.conftest import closed_port
from tests.payments.psp.orders import USD, connector, inquiry, refund_of

pytestmark = pytest.mark.django_db


# --- Inquire


@pytest.mark.parametrize("kind", ["attempt", "void", "capture", "setup_intent"])
def test_inquiry_about_a_key_that_never_arrived_finds_nothing(credentials: Credentials, kind: str) -> None:
    assert connector.inquire(credentials, inquiry(kind)).outcome == NotFound()


def test_movement_that_the_psp_named_once_and_does_not_show_now_is_no_proof(credentials: Credentials) -> None:
    found = connector.inquire(credentials, inquiry("attempt", psp_reference="pi_none")).outcome

    assert isinstance(found, Unknown)


@pytest.mark.parametrize("by", ["key", "reference"])
def test_inquiry_finds_the_charge_with_its_fee(
    credentials: Credentials, authorize: Callable[..., Answer], by: str
) -> None:
    made = authorize(psp_key="ch_asked_for").outcome
    assert isinstance(made, Succeeded)
    known = {"psp_reference": made.psp_reference} if by == "reference" else {}

    found = connector.inquire(credentials, inquiry("attempt", psp_key="ch_asked_for", **known))

    assert found.outcome == made
    assert found.call.operation == "inquire"


def test_inquiry_tells_a_decline(credentials: Credentials, authorize: Callable[..., Answer]) -> None:
    authorize(psp_key="ch_declined", token="pm_card_chargeDeclinedLostCard")

    found = connector.inquire(credentials, inquiry("attempt", psp_key="ch_declined")).outcome

    assert isinstance(found, Declined)
    assert (found.code, found.decline_code) == ("card_declined", "lost_card")


def test_inquiry_about_a_void_finds_it_only_once_it_happened(
    credentials: Credentials, held: Succeeded
) -> None:
    asked = inquiry("void", psp_reference=held.psp_reference)
    assert connector.inquire(credentials, asked).outcome == NotFound()

    connector.void(credentials, VoidRequest(psp_key="void_1", psp_reference=held.psp_reference))

    assert connector.inquire(credentials, asked).outcome == Voided(psp_reference=held.psp_reference)


def test_expiry_is_told_from_a_void(psp: ScriptedPsp, credentials: Credentials, held: Succeeded) -> None:
    psp.time_passes(seconds=7 * 86_400 + 5)

    found = connector.inquire(credentials, inquiry("attempt", psp_reference=held.psp_reference)).outcome

    assert found == Voided(psp_reference=held.psp_reference, is_expiry=True)


def test_inquiry_about_a_refund_finds_it_by_our_key_among_others(
    credentials: Credentials, paid: Succeeded
) -> None:
    for key, amount in (("re_1", 1_00), ("re_2", 2_00), ("re_3", 3_00)):
        connector.refund(credentials, refund_of(paid, amount, psp_key=key))

    found = connector.inquire(
        credentials, inquiry("refund", psp_key="re_2", parent_reference=paid.psp_reference)
    )

    assert isinstance(found.outcome, Succeeded)
    assert found.outcome.amount == Money(2_00, USD)


@pytest.mark.parametrize(
    "fault", ["error_before_booking", "reset_before_booking", "garbage_after_booking", "status_429"]
)
def test_inquiry_that_fails_proves_nothing(
    psp: ScriptedPsp, credentials: Credentials, paid: Succeeded, fault: str
) -> None:
    psp.fails(fault, operation="inquire")

    found = connector.inquire(credentials, inquiry("attempt", psp_reference=paid.psp_reference)).outcome

    assert isinstance(found, Unknown)


def test_inquiry_at_an_unreachable_psp_proves_nothing(credentials: Credentials) -> None:
    away = replace(credentials, base_url=f"http://127.0.0.1:{closed_port()}")

    assert isinstance(connector.inquire(away, inquiry("attempt")).outcome, Unknown)
