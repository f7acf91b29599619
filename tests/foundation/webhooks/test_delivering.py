from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import stripe
import time_machine
from django.db import IntegrityError, transaction
from standardwebhooks import Webhook

from foundation import ids
from foundation.events.models import Event
from foundation.jobs.inline import run_due_jobs
from foundation.jobs.models import Job
from foundation.jobs.registry import RunAgain
from foundation.tenancy.models import Merchant
from foundation.webhooks.models import DeliveryAttempt, WebhookDelivery, WebhookEndpoint
from foundation.webhooks.operations.create_webhook_endpoint import CreatedEndpoint, create_webhook_endpoint
from foundation.webhooks.operations.delete_webhook_endpoint import delete_webhook_endpoint
from foundation.webhooks.operations.deliver_webhook import deliver_webhook
from foundation.webhooks.operations.redeliver_webhook import redeliver_webhook
from foundation.webhooks.operations.roll_webhook_secret import roll_webhook_secret
from tests.factories.owner import as_owner
from tests.foundation.webhooks.receiver import Receiver

pytestmark = pytest.mark.django_db

Announce = Callable[..., list[WebhookDelivery]]
NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


def deliver(delivery: WebhookDelivery) -> RunAgain | None:
    return deliver_webhook(merchant_id=delivery.merchant_id, delivery_id=delivery.id)


def fresh(delivery: WebhookDelivery) -> WebhookDelivery:
    return WebhookDelivery.across_merchants.get(id=delivery.id)


def stored_endpoint() -> WebhookEndpoint:
    return WebhookEndpoint.across_merchants.get()


def tries() -> list[tuple[int, int | None]]:
    return list(DeliveryAttempt.across_merchants.order_by("id").values_list("attempt", "status_code"))


def test_an_event_reaches_the_endpoint_and_verifies_in_both_schemes(
    receiver: Receiver, created: CreatedEndpoint, announce: Announce
) -> None:
    (delivery,) = announce("charge.refunded")

    assert deliver(delivery) is None

    (request,) = receiver.received
    event = stripe.Webhook.construct_event(request.body, request.headers["Stripe-Signature"], created.secret)
    assert Webhook(created.secret).verify(request.body, dict(request.headers))["id"] == event["id"]
    assert request.path == "/hooks?shop=7"
    assert request.headers["webhook-id"] == delivery.event.public_id == event["id"]
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"
    assert (event["type"], event["pending_webhooks"], event["livemode"]) == ("charge.refunded", 1, False)
    assert json.loads(request.body)["data"]["object"]["note"] == "café"
    row = fresh(delivery)
    assert (row.status, row.attempts, row.last_status_code, row.next_attempt_at) == (
        "succeeded",
        1,
        200,
        None,
    )
    assert tries() == [(1, 200)]
    assert DeliveryAttempt.across_merchants.get().response_excerpt == "thank you"


def test_the_whole_way_from_the_job_to_done(
    receiver: Receiver, created: CreatedEndpoint, announce: Announce
) -> None:
    announce()

    assert run_due_jobs() == 1

    assert len(receiver.received) == 1
    assert Job.objects.get().status == "done"


def test_a_delivery_that_succeeded_is_not_sent_again(
    receiver: Receiver, created: CreatedEndpoint, announce: Announce
) -> None:
    (delivery,) = announce()
    deliver(delivery)

    assert deliver(delivery) is None
    assert len(receiver.received) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 429, 500, 503])
def test_anything_but_2xx_is_tried_again_in_about_five_seconds(
    receiver: Receiver, created: CreatedEndpoint, announce: Announce, status: int
) -> None:
    receiver.answers(status, headers={"Location": "http://127.0.0.1:1/"})
    with time_machine.travel(NOON, tick=False):
        (delivery,) = announce()

        again = deliver(delivery)

    row = fresh(delivery)
    assert again == RunAgain(at=row.next_attempt_at)
    assert timedelta(seconds=4) <= row.next_attempt_at - NOON <= timedelta(seconds=6)
    assert (row.status, row.attempts, row.last_status_code) == ("pending", 1, status)
    assert len(receiver.received) == 1


def test_each_try_is_signed_anew_under_the_same_id_until_the_tenth_fails(
    receiver: Receiver, created: CreatedEndpoint, announce: Announce
) -> None:
    receiver.answers(500)
    with time_machine.travel(NOON, tick=False):
        (delivery,) = announce()
    at = NOON
    for _ in range(10):
        with time_machine.travel(at, tick=False):
            assert run_due_jobs() == 1
        at = fresh(delivery).next_attempt_at or at

    row = fresh(delivery)
    assert (row.status, row.attempts, row.next_attempt_at) == ("failed", 10, None)
    assert len({request.headers["webhook-id"] for request in receiver.received}) == 1
    assert len({request.headers["Stripe-Signature"] for request in receiver.received}) == 10
    assert tries() == [(attempt, 500) for attempt in range(1, 11)]
    assert timedelta(hours=60) < at - NOON < timedelta(hours=91)
    assert Job.objects.get().status == "done"


def test_retry_after_is_honoured(receiver: Receiver, created: CreatedEndpoint, announce: Announce) -> None:
    receiver.answers(503, headers={"Retry-After": "600"})
    with time_machine.travel(NOON, tick=False):
        (delivery,) = announce()
        deliver(delivery)

    assert fresh(delivery).next_attempt_at == NOON + timedelta(seconds=600)


def test_410_ends_the_delivery_and_disables_the_endpoint_with_notice(
    receiver: Receiver, created: CreatedEndpoint, announce: Announce
) -> None:
    receiver.answers(410)
    (delivery,) = announce()

    assert deliver(delivery) is None

    endpoint = stored_endpoint()
    notice = Event.across_merchants.get(type="webhook_endpoint.disabled")
    assert fresh(delivery).status == "failed"
    assert (endpoint.status, endpoint.disabled_reason) == ("disabled", "The endpoint answered 410 Gone.")
    assert notice.data["id"] == endpoint.public_id
    assert notice.data["disabled_reason"] == "The endpoint answered 410 Gone."


def test_five_failing_days_disable_the_endpoint_but_not_four(
    receiver: Receiver, created: CreatedEndpoint, announce: Announce
) -> None:
    receiver.answers(500)
    for days, status in ((0, "enabled"), (4.9, "enabled"), (5, "disabled")):
        with time_machine.travel(NOON + timedelta(days=days), tick=False):
            (delivery,) = announce()
            deliver(delivery)
        assert stored_endpoint().status == status

    endpoint = stored_endpoint()
    assert endpoint.disabled_reason == "No delivery succeeded for five days."
    assert Event.across_merchants.filter(type="webhook_endpoint.disabled").count() == 1


def test_a_success_between_failures_starts_the_five_days_anew(
    receiver: Receiver, created: CreatedEndpoint, announce: Announce
) -> None:
    for days, status in ((0, 500), (4, 200), (5, 500)):
        receiver.answers(status)
        with time_machine.travel(NOON + timedelta(days=days), tick=False):
            (delivery,) = announce()
            deliver(delivery)

    endpoint = stored_endpoint()
    assert (endpoint.status, endpoint.failing_since) == ("enabled", NOON + timedelta(days=5))


def test_deliveries_to_a_deleted_endpoint_end_without_a_request(
    receiver: Receiver, created: CreatedEndpoint, announce: Announce, merchant: Merchant
) -> None:
    (delivery,) = announce()
    delete_webhook_endpoint(merchant_id=merchant.id, endpoint_id=created.endpoint.id)

    assert deliver(delivery) is None

    assert fresh(delivery).status == "failed"
    assert (receiver.received, tries()) == ([], [])


def test_nobody_listening_is_a_try_without_a_status(merchant: Merchant, announce: Announce) -> None:
    # Port 1 of loopback: nothing listens there.
    create_webhook_endpoint(merchant_id=merchant.id, url="http://127.0.0.1:1/hooks", enabled_events=["*"])
    (delivery,) = announce()

    assert isinstance(deliver(delivery), RunAgain)

    attempt = DeliveryAttempt.across_merchants.get()
    assert (attempt.status_code, attempt.latency_ms) == (None, None)
    assert "ConnectionRefusedError" in attempt.error


def test_without_leave_a_private_address_gets_no_request_even_if_it_was_stored(
    receiver: Receiver, created: CreatedEndpoint, announce: Announce, settings: Any
) -> None:
    (delivery,) = announce()
    settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS = False

    assert isinstance(deliver(delivery), RunAgain)

    assert receiver.received == []
    assert "may not be called" in DeliveryAttempt.across_merchants.get().error


def test_an_endless_answer_is_cut_and_scrubbed(
    receiver: Receiver, created: CreatedEndpoint, announce: Announce
) -> None:
    receiver.answers(200, body=b"\x00 card 4242 4242 4242 4242 \xff " + b"x" * 500_000)
    (delivery,) = announce()

    deliver(delivery)

    excerpt = DeliveryAttempt.across_merchants.get().response_excerpt
    assert len(excerpt) == 2_048
    assert excerpt.startswith(" card [card ending 4242] \ufffd xxx")


def test_both_secrets_sign_until_the_overlap_ends(
    receiver: Receiver, created: CreatedEndpoint, announce: Announce, merchant: Merchant
) -> None:
    with time_machine.travel(NOON, tick=False):
        rolled = roll_webhook_secret(
            merchant_id=merchant.id, endpoint_id=created.endpoint.id, overlap_seconds=3_600
        )
    for minutes in (59, 60):
        with time_machine.travel(NOON + timedelta(minutes=minutes), tick=False):
            (delivery,) = announce()
            deliver(delivery)

    during, after = receiver.received

    def verify(request: Any, secret: str) -> None:
        stripe.WebhookSignature.verify_header(
            request.body.decode(), request.headers["Stripe-Signature"], secret, tolerance=None
        )

    verify(during, rolled.secret)
    verify(during, created.secret)
    verify(after, rolled.secret)
    with pytest.raises(stripe.SignatureVerificationError):
        verify(after, created.secret)


def test_a_younger_event_of_the_same_object_waits_for_the_older(
    receiver: Receiver, created: CreatedEndpoint, announce: Announce
) -> None:
    object_id = ids.new_id()
    receiver.answers(500)
    with time_machine.travel(NOON, tick=False):
        (older,) = announce("charge.succeeded", object_id=object_id)
        deliver(older)
        (younger,) = announce("charge.refunded", object_id=object_id)
        (stranger,) = announce("charge.refunded")

        waits = deliver(younger)
        receiver.answers(200)
        deliver(stranger)
    with time_machine.travel(NOON + timedelta(seconds=8), tick=False):
        deliver(older)
        deliver(younger)

    sent = [json.loads(request.body)["type"] for request in receiver.received]
    assert waits == RunAgain(after_seconds=1)
    assert fresh(younger).attempts == 1
    assert sent == ["charge.succeeded", "charge.refunded", "charge.succeeded", "charge.refunded"]
    assert json.loads(receiver.received[1].body)["id"] == stranger.event.public_id


def test_an_older_event_that_fails_for_a_minute_holds_nothing_back_any_more(
    receiver: Receiver, created: CreatedEndpoint, announce: Announce
) -> None:
    object_id = ids.new_id()
    receiver.answers(500)
    with time_machine.travel(NOON, tick=False):
        (older,) = announce("charge.succeeded", object_id=object_id)
        deliver(older)
        (younger,) = announce("charge.refunded", object_id=object_id)

    with time_machine.travel(NOON + timedelta(seconds=61), tick=False):
        deliver(younger)

    assert fresh(younger).attempts == 1


def test_a_second_job_of_the_same_delivery_waits_while_a_try_is_under_way(
    receiver: Receiver, created: CreatedEndpoint, announce: Announce
) -> None:
    from foundation.webhooks.operations.begin_delivery_attempt import begin_delivery_attempt

    with time_machine.travel(NOON, tick=False):
        (delivery,) = announce()
        begin_delivery_attempt(merchant_id=delivery.merchant_id, delivery_id=delivery.id)

        again = deliver(delivery)

    assert again == RunAgain(at=NOON + timedelta(seconds=30))
    assert receiver.received == []


def test_redelivery_sends_what_ended_once_more_under_the_same_id(
    receiver: Receiver, created: CreatedEndpoint, announce: Announce
) -> None:
    (delivery,) = announce()
    run_due_jobs()

    again = redeliver_webhook(merchant_id=delivery.merchant_id, delivery_id=delivery.id)
    run_due_jobs()

    first, second = receiver.received
    assert again.status == "pending"
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert fresh(delivery).status == "succeeded"
    assert tries() == [(1, 200), (1, 200)]


def test_redelivery_of_one_that_waits_is_at_once_and_goes_on_with_its_schedule(
    receiver: Receiver, created: CreatedEndpoint, announce: Announce
) -> None:
    receiver.answers(500)
    with time_machine.travel(NOON, tick=False):
        (delivery,) = announce()
        run_due_jobs()
        redeliver_webhook(merchant_id=delivery.merchant_id, delivery_id=delivery.id)
        run_due_jobs()

    assert tries() == [(1, 500), (2, 500)]
    assert fresh(delivery).next_attempt_at >= NOON + timedelta(seconds=240)


def test_the_log_of_tries_can_be_neither_changed_nor_removed(
    receiver: Receiver, created: CreatedEndpoint, announce: Announce
) -> None:
    (delivery,) = announce()
    deliver(delivery)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), as_owner():
        DeliveryAttempt.across_merchants.update(status_code=500)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), as_owner():
        DeliveryAttempt.across_merchants.all().delete()


def test_the_endpoints_version_is_the_one_the_body_says(
    receiver: Receiver, merchant: Merchant, announce: Announce
) -> None:
    create_webhook_endpoint(
        merchant_id=merchant.id, url=receiver.url, enabled_events=["*"], api_version="2026-09-30.dahlia"
    )
    (delivery,) = announce()

    deliver(delivery)

    assert json.loads(receiver.received[0].body)["api_version"] == "2026-09-30.dahlia"


def test_another_merchants_delivery_cannot_be_sent(
    receiver: Receiver, created: CreatedEndpoint, announce: Announce
) -> None:
    from foundation.errors import ResourceMissing

    (delivery,) = announce()
    stranger = UUID(int=7)

    with pytest.raises(ResourceMissing):
        redeliver_webhook(merchant_id=stranger, delivery_id=delivery.id)
    with pytest.raises(ResourceMissing):
        deliver_webhook(merchant_id=stranger, delivery_id=delivery.id)
    assert receiver.received == []
