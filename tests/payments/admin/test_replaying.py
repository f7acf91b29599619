"""Replays from the back office: the same code as the commands, with a name and a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from foundation import clock
from foundation.ids import new_id
from foundation.jobs.models import Job
from foundation.replay.models import Replay
from foundation.tenancy.models import Merchant
from payments.models import PspAccount, PspWebhook
from payments.operations.create_psp_account import create_psp_account

ClientOf = Callable[..., Client]


@pytest.fixture
def account(merchant: Merchant) -> PspAccount:
    return create_psp_account(
        merchant_id=merchant.id, psp="stripe", name="Main", secret_key="sk_test_1", webhook_secret="whsec_1"
    )


@pytest.fixture
def webhook(account: PspAccount) -> PspWebhook:
    return PspWebhook.across_merchants.create(
        merchant_id=account.merchant_id,
        psp_account=account,
        event_id="evt_1",
        event_type="charge.succeeded",
        body='{"id": "evt_1", "type": "charge.succeeded", "data": {"object": {}}}',
        handled_at=clock.now(),
        result="known",
    )


def span(**changed: Any) -> dict[str, Any]:
    return {
        "form_key": new_id(),
        "received_from_0": "2020-01-01",
        "received_from_1": "00:00:00",
        "received_to_0": "",
        "received_to_1": "",
        "event_type": "",
        "reason": "The handler was broken.",
        **changed,
    }


def test_one_webhook_is_handled_again_with_a_reason(webhook: PspWebhook, client_of: ClientOf) -> None:
    answer = client_of("admin").post(
        f"/admin/payments/pspwebhook/{webhook.id}/replay/", {"form_key": new_id(), "reason": "Was broken."}
    )

    assert answer.status_code == 302
    kept = Replay.objects.get()
    assert (kept.found, kept.reason, kept.merchant_id) == (1, "Was broken.", webhook.merchant_id)
    assert "ada" in kept.actor
    assert Job.objects.get().name == "payments.handle_psp_webhook"


def test_a_span_of_an_account_is_counted_and_then_handled_again(
    webhook: PspWebhook, account: PspAccount, client_of: ClientOf
) -> None:
    browser = client_of("admin")
    address = f"/admin/payments/pspaccount/{account.id}/replay_webhooks/"

    browser.post(address, span(is_dry_run="on"))
    assert not Job.objects.exists()
    browser.post(address, span())

    assert Job.objects.count() == 1
    assert list(Replay.objects.order_by("id").values_list("is_dry_run", "found")) == [(True, 1), (False, 1)]
    page = browser.get("/admin/foundation/replay/").content.decode()
    assert "The handler was broken." in page


@pytest.mark.parametrize("role", ["agent", "finance", "auditor"])
def test_who_may_not_replay_is_refused(webhook: PspWebhook, client_of: ClientOf, role: str) -> None:
    answer = client_of(role).post(
        f"/admin/payments/pspwebhook/{webhook.id}/replay/", {"form_key": new_id(), "reason": "x"}
    )

    assert answer.status_code == 403
    assert not Replay.objects.exists()
    assert not Job.objects.exists()
