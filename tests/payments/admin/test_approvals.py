"""Refunds to approve: who sees them, who may decide, and what the page says."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from foundation.ids import new_id
from foundation.jobs.models import Job
from foundation.tenancy.models import Merchant
from payments.models import PaymentIntent, Refund, RefundApproval
from tests.factories.back_office_rows import paid_payment

ClientOf = Callable[..., Client]


def asked_by_ada(merchant: Merchant, client_of: ClientOf, amount: str = "900.00") -> RefundApproval:
    intent: PaymentIntent = paid_payment(merchant, amount_minor=90_000)
    answer = client_of("agent").post(
        f"/admin/payments/paymentintent/{intent.id}/refund/",
        {"amount": amount, "reason": "duplicate", "note": "Two orders", "form_key": str(new_id())},
    )
    assert answer.status_code == 302
    return RefundApproval.across_merchants.get()


def page(approval: RefundApproval, verb: str) -> str:
    return f"/admin/payments/refundapproval/{approval.id}/{verb}/"


def yes(client: Client, approval: RefundApproval, shown: str = "900.00") -> int:
    form = {"shown": shown, "note": "Seen both orders", "form_key": str(new_id())}
    return client.post(page(approval, "approve"), form).status_code


def test_a_senior_agent_approves_what_an_agent_asked_for(merchant: Merchant, client_of: ClientOf) -> None:
    approval = asked_by_ada(merchant, client_of)
    bob = client_of("senior_agent", "bob")

    listed = bob.get("/admin/payments/refundapproval/?state=waiting")
    shown = bob.get(page(approval, "change"))
    status = yes(bob, approval)

    assert listed.context["cl"].result_count == 1
    assert "Waits for another person" in shown.content.decode()
    assert (status, Refund.across_merchants.get().status, Job.objects.count()) == (302, "created", 1)
    assert RefundApproval.across_merchants.get().decided_by == "staff:bob"


def test_nobody_approves_their_own_whatever_their_role(merchant: Merchant, client_of: ClientOf) -> None:
    intent = paid_payment(merchant, amount_minor=900_000)
    ada = client_of("senior_agent")
    form = {"amount": "9000.00", "reason": "duplicate", "note": "", "form_key": str(new_id())}
    ada.post(f"/admin/payments/paymentintent/{intent.id}/refund/", form)
    approval = RefundApproval.across_merchants.get()

    answer = ada.post(page(approval, "approve"), {"shown": "9000.00", "note": "", "form_key": str(new_id())})

    assert answer.status_code == 422
    assert "Another person than the one who asked decides." in answer.content.decode()
    assert (Refund.across_merchants.get().status, Job.objects.count()) == ("requires_approval", 0)


def test_an_approver_has_a_limit_too(merchant: Merchant, client_of: ClientOf) -> None:
    intent = paid_payment(merchant, amount_minor=900_000)
    form = {"amount": "9000.00", "reason": "duplicate", "note": "", "form_key": str(new_id())}
    client_of("agent").post(f"/admin/payments/paymentintent/{intent.id}/refund/", form)
    approval = RefundApproval.across_merchants.get()

    senior = yes(client_of("senior_agent", "bob"), approval, "9000.00")
    finance = yes(client_of("finance", "eve"), approval, "9000.00")

    assert (senior, finance, Job.objects.count()) == (422, 302, 1)


def test_an_approval_of_another_amount_than_shown_is_refused(merchant: Merchant, client_of: ClientOf) -> None:
    approval = asked_by_ada(merchant, client_of)

    status = yes(client_of("senior_agent", "bob"), approval, "800.00")

    assert (status, Job.objects.count()) == (422, 0)


def test_an_agent_may_not_decide(merchant: Merchant, client_of: ClientOf) -> None:
    approval = asked_by_ada(merchant, client_of)

    agent = yes(client_of("agent", "bob"), approval)

    assert (agent, Job.objects.count()) == (403, 0)


def test_a_refusal_needs_a_reason_and_frees_the_amount(merchant: Merchant, client_of: ClientOf) -> None:
    approval = asked_by_ada(merchant, client_of)
    bob = client_of("senior_agent", "bob")

    bare = bob.post(page(approval, "refuse"), {"reason": "", "form_key": str(new_id())})
    told = bob.post(page(approval, "refuse"), {"reason": "Only one order", "form_key": str(new_id())})

    assert (bare.status_code, told.status_code) == (422, 302)
    assert (Refund.across_merchants.get().status, Job.objects.count()) == ("canceled", 0)
    assert RefundApproval.across_merchants.get().decision_note == "Only one order"


def test_home_leads_to_what_waits(merchant: Merchant, client_of: ClientOf) -> None:
    asked_by_ada(merchant, client_of)

    home = client_of("senior_agent", "bob").get("/admin/")

    lines = {figure.label: figure.lines[0] for figure in home.context["waiting"]}
    assert lines["Refunds to approve"][:2] == ("1", "/admin/payments/refundapproval/?state=waiting")
