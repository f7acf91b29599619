"""What agents do: every action POSTs to one operation, within role, limit and merchant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from foundation import clock
from foundation.audit.models import AuditEvent
from foundation.events.models import Event
from foundation.ids import new_id
from foundation.jobs.models import Job
from foundation.money import Money
from foundation.tenancy.models import Merchant, StaffUser
from payments.models import Capture, PaymentAttempt, PaymentIntent, Refund
from tests.factories.back_office_rows import paid_payment, payment

ClientOf = Callable[..., Client]


def address(intent: PaymentIntent, verb: str) -> str:
    return f"/admin/payments/paymentintent/{intent.id}/{verb}/"


def refund_form(amount: str = "10.00", key: UUID | None = None, **changed: Any) -> dict[str, Any]:
    return {"form_key": key or new_id(), "amount": amount, "reason": "duplicate", "note": "", **changed}


def nothing_moved() -> bool:
    return not Refund.across_merchants.exists() and not Job.objects.exists()


def test_opening_the_refund_form_changes_nothing(merchant: Merchant, client_of: ClientOf) -> None:
    intent = paid_payment(merchant)
    events = Event.across_merchants.count()

    page = client_of("agent").get(address(intent, "refund"))

    assert page.status_code == 200
    assert 'value="42.00"' in page.content.decode()
    assert nothing_moved()
    assert Event.across_merchants.count() == events


def test_a_refund_is_promised_with_its_reason_note_and_person(
    merchant: Merchant, client_of: ClientOf
) -> None:
    intent = paid_payment(merchant)
    key = new_id()

    answer = client_of("agent").post(address(intent, "refund"), refund_form("10.50", key, note="one broken"))

    assert answer.status_code == 302
    refund = Refund.across_merchants.get()
    assert (refund.id, refund.amount, refund.reason, refund.note) == (
        key,
        Money(1_050, "usd"),
        "duplicate",
        "one broken",
    )
    assert refund.requested_by == "staff:ada"
    job = Job.objects.get()
    assert (job.name, job.args["refund_id"]) == ("payments.execute_refund", str(key))
    change = refund.history.get()
    assert (change.history_user.username, change.history_change_reason) == ("ada", "Paid twice: one broken")
    assert (
        AuditEvent.objects.filter(table_name="payments_refund", row_id=str(key), actor="staff:ada").count()
        == 1
    )


def test_the_same_form_sent_twice_refunds_once(merchant: Merchant, client_of: ClientOf) -> None:
    intent = paid_payment(merchant)
    client, form = client_of("agent"), refund_form("10.00")

    first, second = client.post(address(intent, "refund"), form), client.post(address(intent, "refund"), form)

    assert (first.status_code, second.status_code) == (302, 302)
    assert Refund.across_merchants.count() == 1
    assert Job.objects.count() == 1


def test_a_used_form_with_another_amount_is_refused(merchant: Merchant, client_of: ClientOf) -> None:
    intent = paid_payment(merchant)
    client, key = client_of("agent"), new_id()
    client.post(address(intent, "refund"), refund_form("10.00", key))

    answer = client.post(address(intent, "refund"), refund_form("11.00", key))

    assert answer.status_code == 422
    assert "This form has been used already" in answer.content.decode()
    assert Refund.across_merchants.get().amount == Money(1_000, "usd")


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("42.01", "is more than the 42.00 USD that is still available"),
        ("0", "above zero"),
        ("1.001", "USD has 2 decimals"),
    ],
)
def test_a_wrong_amount_is_a_form_error_and_leaves_no_trace(
    amount: str, words: str, merchant: Merchant, client_of: ClientOf
) -> None:
    intent = paid_payment(merchant)

    answer = client_of("agent").post(address(intent, "refund"), refund_form(amount))

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert nothing_moved()


def test_an_agent_refunds_up_to_the_limit_and_asks_beyond_it_also_in_two_halves(
    merchant: Merchant, client_of: ClientOf
) -> None:
    intent = paid_payment(merchant, amount_minor=90_000)
    client = client_of("agent")

    first = client.post(address(intent, "refund"), refund_form("400.00"))
    second = client.post(address(intent, "refund"), refund_form("100.01"))

    assert (first.status_code, second.status_code) == (302, 302)
    waiting, sent = Refund.across_merchants.order_by("-id")
    assert (sent.status, waiting.status) == ("created", "requires_approval")
    assert Job.objects.count() == 1


def test_a_senior_agent_has_a_higher_limit(merchant: Merchant, client_of: ClientOf) -> None:
    intent = paid_payment(merchant, amount_minor=90_000)

    answer = client_of("senior_agent").post(address(intent, "refund"), refund_form("900.00"))

    assert answer.status_code == 302
    assert Refund.across_merchants.get().amount == Money(90_000, "usd")


@pytest.mark.parametrize("role", ["auditor", "disputes", "admin"])
def test_roles_without_refunds_are_refused(role: str, merchant: Merchant, client_of: ClientOf) -> None:
    intent = paid_payment(merchant)
    client = client_of(role)

    shown, sent = client.get(address(intent, "refund")), client.post(address(intent, "refund"), refund_form())

    assert (shown.status_code, sent.status_code) == (403, 403)
    assert nothing_moved()


def test_another_merchants_payment_does_not_exist_for_an_agent(
    other_merchant: Merchant, client_of: ClientOf
) -> None:
    foreign = paid_payment(other_merchant)
    client = client_of("finance")

    answers = [
        client.get(address(foreign, "refund")),
        client.post(address(foreign, "refund"), refund_form()),
        client.get(f"/admin/payments/paymentintent/{new_id()}/refund/"),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert nothing_moved()


def test_a_stranger_is_sent_to_the_login(merchant: Merchant, client: Client) -> None:
    intent = paid_payment(merchant)

    answer = client.post(address(intent, "refund"), refund_form())

    assert answer.status_code == 302
    assert "/login/" in answer.headers["Location"]
    assert nothing_moved()


def test_a_post_without_a_csrf_token_is_refused(merchant: Merchant, client_of: ClientOf) -> None:
    intent = paid_payment(merchant)
    client_of("agent")
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(
        StaffUser.objects.get(), backend="allauth.account.auth_backends.AuthenticationBackend"
    )

    answer = careful.post(address(intent, "refund"), refund_form())

    assert answer.status_code == 403
    assert nothing_moved()


def test_while_the_charge_is_in_doubt_nobody_refunds(merchant: Merchant, client_of: ClientOf) -> None:
    intent = payment(
        merchant, amount_minor=4_200, status="processing", attempt_status="unknown", amount_captured_minor=1
    )

    answer = client_of("agent").post(address(intent, "refund"), refund_form("0.01"))

    assert answer.status_code == 422
    assert "An earlier operation" in answer.content.decode()
    assert nothing_moved()


def test_an_authorized_payment_is_captured_in_part(merchant: Merchant, client_of: ClientOf) -> None:
    intent = payment(merchant, amount_minor=4_200, status="requires_capture", attempt_status="authorized")
    key = new_id()

    client_of("agent").post(
        address(intent, "capture"),
        {"form_key": key, "amount": "30.00", "is_final": "on", "reason": "one is sold out"},
    )

    capture = Capture.across_merchants.get()
    assert (capture.id, capture.amount, capture.is_final) == (key, Money(3_000, "usd"), True)
    assert Job.objects.get().name == "payments.execute_capture"


def test_capturing_more_than_is_authorized_is_a_form_error(merchant: Merchant, client_of: ClientOf) -> None:
    intent = payment(merchant, amount_minor=4_200, status="requires_capture", attempt_status="authorized")

    answer = client_of("agent").post(
        address(intent, "capture"), {"form_key": new_id(), "amount": "42.01", "reason": "more"}
    )

    assert answer.status_code == 422
    assert "can still be captured" in answer.content.decode()
    assert not Capture.across_merchants.exists()


def test_an_authorization_is_canceled_by_a_void(merchant: Merchant, client_of: ClientOf) -> None:
    intent = payment(merchant, amount_minor=4_200, status="requires_capture", attempt_status="authorized")

    client_of("agent").post(
        address(intent, "cancel"),
        {"form_key": new_id(), "why": "requested_by_customer", "reason": "changed her mind"},
    )

    assert PaymentAttempt.across_merchants.get().void_requested_at is not None
    assert Job.objects.get().name == "payments.execute_void"


def test_a_paid_payment_can_not_be_canceled(merchant: Merchant, client_of: ClientOf) -> None:
    intent = paid_payment(merchant)

    answer = client_of("agent").post(
        address(intent, "cancel"), {"form_key": new_id(), "why": "duplicate", "reason": "paid twice"}
    )

    assert answer.status_code == 422
    assert "cannot be canceled" in answer.content.decode()
    assert not Job.objects.exists()


def test_asking_the_psp_stages_one_look_however_often_the_form_is_sent(
    merchant: Merchant, client_of: ClientOf
) -> None:
    intent = payment(
        merchant, amount_minor=4_200, status="processing", attempt_status="unknown", next_check_at=clock.now()
    )
    client, form = client_of("agent"), {"form_key": new_id()}

    client.post(address(intent, "ask_psp"), form)
    client.post(address(intent, "ask_psp"), form)

    job = Job.objects.get()
    assert (job.name, job.args["kind"], job.args["subject_id"]) == (
        "payments.resolve_unknown",
        "attempt",
        str(intent.latest_attempt_id),
    )


def test_in_the_dialog_success_names_the_next_page_and_errors_come_back_as_the_form(
    merchant: Merchant, client_of: ClientOf
) -> None:
    intent = paid_payment(merchant)
    client, dialog = client_of("agent"), {"X-Back-Office-Dialog": "1"}

    refused = client.post(address(intent, "refund"), refund_form("99.00"), headers=dialog)
    done = client.post(address(intent, "refund"), refund_form("1.00"), headers=dialog)

    assert refused.status_code == 422
    assert "<html" not in refused.content.decode()
    assert done.status_code == 204
    assert done.headers["Back-Office-Location"] == f"/admin/payments/paymentintent/{intent.id}/change/"
