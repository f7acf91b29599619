"""The Stripe connector against the sandbox: these files are the only place where Stripe's shapes are asserted.

Payouts, by webhook and list, and objects looked up by the name that a report gives them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from foundation import clock
from foundation.money import Money
from payments.psp.outcomes import Succeeded
from payments.psp.port import Answer, Credentials, LookUpRequest, PayoutNews
from tests.factories.scripted_psp import ScriptedPsp
from tests.payments.conftest import closed_port
from tests.payments.psp.orders import USD, capture_of, connector, inquiry, refund_of

pytestmark = pytest.mark.django_db

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def shape(**changes: Any) -> dict[str, Any]:
    """A payout as Stripe sends it in an event: its balance transaction is an id."""
    return {
        "id": "po_1",
        "object": "payout",
        "amount": 90_00,
        "arrival_date": 1_795_132_800,
        "automatic": False,
        "balance_transaction": "txn_1",
        "created": 1_795_003_200,
        "currency": "usd",
        "failure_code": None,
        "statement_descriptor": "TEA SHOP",
        "status": "in_transit",
        "trace_id": {"status": "supported", "value": "123456789012345"},
    } | changes


def event(payout: dict[str, Any], **changes: Any) -> bytes:
    body = {"id": "evt_1", "type": "payout.updated", "created": 1_795_003_260, "data": {"object": payout}}
    return json.dumps(body | changes).encode()


# --- Webhooks


def test_event_of_a_payout_is_read_whole() -> None:
    news = connector.parse_webhook(event(shape()))

    assert (news.kind, news.psp_reference, news.outcome) == ("payout", "po_1", None)
    assert news.payout == PayoutNews(
        psp_reference="po_1",
        amount=Money(90_00, "usd"),
        status="in_transit",
        created_at=datetime(2026, 11, 18, 12, tzinfo=UTC),
        arrival_on=date(2026, 11, 20),
        told_at=datetime(2026, 11, 18, 12, 1, tzinfo=UTC),
        is_automatic=False,
        statement_descriptor="TEA SHOP",
        bank_trace="123456789012345",
    )


def test_payout_in_a_currency_that_stripe_counts_otherwise_is_in_our_minor_units() -> None:
    news = connector.parse_webhook(event(shape(amount=50_00, currency="isk")))

    assert news.payout is not None
    assert news.payout.amount == Money(50, "isk")


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "dreaming"},
        {"amount": 0},
        {"amount": "90"},
        {"currency": "xyz"},
        {"arrival_date": None},
        {"arrival_date": 10**20},
        {"created": "yesterday"},
    ],
)
def test_event_of_a_payout_that_makes_no_sense_says_nothing_of_it(changes: dict[str, Any]) -> None:
    news = connector.parse_webhook(event(shape(**changes)))

    assert (news.kind, news.payout) == ("payout", None)


def test_event_that_does_not_say_when_it_was_made_is_read_all_the_same() -> None:
    news = connector.parse_webhook(event(shape(), created="now"))

    assert news.payout is not None
    assert news.payout.told_at is None


# --- The list


def test_payouts_are_listed_newest_first_with_the_balance_they_left(
    credentials: Credentials, authorize: Callable[..., Answer], psp: ScriptedPsp
) -> None:
    authorize()
    (first,) = psp.pays_out()
    authorize()
    (second,) = psp.pays_out(arrival_seconds=86_400)

    answer = connector.list_payouts(credentials, created_since=LONG_AGO)

    assert [payout.psp_reference for payout in answer.payouts] == [second["id"], first["id"]]
    assert [payout.status for payout in answer.payouts] == ["in_transit", "paid"]
    assert {payout.balance_currency for payout in answer.payouts} == {"usd"}
    assert (answer.call.operation, answer.call.outcome) == ("list_payouts", "succeeded")


def test_payouts_from_before_are_not_listed(
    credentials: Credentials, authorize: Callable[..., Answer], psp: ScriptedPsp
) -> None:
    authorize()
    psp.pays_out()

    answer = connector.list_payouts(credentials, created_since=clock.now() + timedelta(days=4_000))

    assert (answer.payouts, answer.call.outcome) == ((), "succeeded")


@pytest.mark.parametrize("fault", ["error_before_booking", "garbage_after_booking", "reset_before_booking"])
def test_list_that_is_not_answered_is_unknown(credentials: Credentials, psp: ScriptedPsp, fault: str) -> None:
    psp.fails(fault, operation="payout")

    answer = connector.list_payouts(credentials, created_since=LONG_AGO)

    assert (answer.payouts, answer.call.outcome) == ((), "unknown")


# --- Whose is it?


def test_charge_is_looked_up_by_its_own_name_and_by_its_payments(
    credentials: Credentials, authorize: Callable[..., Answer]
) -> None:
    made = authorize(psp_key="ch_ours").outcome
    assert isinstance(made, Succeeded)

    for parent in ("", made.psp_reference):
        request = LookUpRequest(
            kind="attempt", psp_reference=made.psp_charge_reference, parent_reference=parent
        )
        answer = connector.look_up(credentials, request)

        assert answer.news is not None
        assert (answer.news.kind, answer.news.psp_key, answer.news.outcome) == ("attempt", "ch_ours", made)
        assert (answer.call.operation, answer.call.outcome) == ("look_up", "succeeded")


def test_refund_and_payout_are_looked_up(credentials: Credentials, paid: Succeeded, psp: ScriptedPsp) -> None:
    refunded = connector.refund(credentials, refund_of(paid, 4_00, psp_key="re_ours")).outcome
    assert isinstance(refunded, Succeeded)
    (payout,) = psp.pays_out()

    refund = connector.look_up(
        credentials, LookUpRequest(kind="refund", psp_reference=refunded.psp_reference)
    )
    sent = connector.look_up(credentials, LookUpRequest(kind="payout", psp_reference=payout["id"]))

    assert refund.news is not None and sent.news is not None and sent.news.payout is not None
    assert (refund.news.psp_key, refund.news.outcome) == ("re_ours", refunded)
    assert (sent.news.payout.status, sent.news.payout.balance_currency) == ("paid", "usd")


@pytest.mark.parametrize("kind", ["attempt", "refund", "payout"])
def test_what_the_psp_does_not_have_is_absent(credentials: Credentials, kind: str) -> None:
    answer = connector.look_up(credentials, LookUpRequest(kind=kind, psp_reference="xx_nobody"))

    assert (answer.news, answer.is_absent, answer.call.outcome) == (None, True, "not_found")


@pytest.mark.parametrize("kind", ["attempt", "refund", "payout"])
def test_psp_that_does_not_answer_proves_no_absence(credentials: Credentials, kind: str) -> None:
    nobody = replace(credentials, base_url=f"http://127.0.0.1:{closed_port()}")

    answer = connector.look_up(nobody, LookUpRequest(kind=kind, psp_reference="xx_nobody"))

    assert (answer.news, answer.is_absent, answer.call.outcome) == (None, False, "unknown")


# --- The fee of a capture that others have followed


def test_fee_of_each_capture_is_found_whatever_followed(credentials: Credentials, held: Succeeded) -> None:
    amounts = [5_00, 2_00, 2_00]
    before = 0
    for amount in amounts:
        connector.capture(credentials, capture_of(held, amount, before=before, is_final=False))
        before += amount

    def fee_of(place: int) -> Money | None:
        taken = sum(amounts[:place])
        found = connector.inquire(
            credentials,
            inquiry(
                "capture",
                amount=Money(amounts[place], USD),
                psp_reference=held.psp_reference,
                captured_before=Money(taken, USD),
                captured_after=Money(sum(amounts) - taken - amounts[place], USD),
            ),
        ).outcome
        assert isinstance(found, Succeeded)
        return found.fee

    assert [fee_of(place) for place in range(3)] == [Money(45, USD), Money(36, USD), Money(36, USD)]
