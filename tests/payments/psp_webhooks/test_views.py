"""The endpoint for a PSP's webhooks: what is stored, and what is refused with 400, never 500."""

from __future__ import annotations

import json
import time

import pytest
from django.test import Client

from foundation.jobs.models import Job
from foundation.vault.fields import encrypt_field
from payments.models import PspAccount, PspWebhook
from payments.psp_webhooks.views import MAX_BODY_BYTES
from tests.factories.psp_news import payment_event, post, signature
from tests.factories.shop import WEBHOOK_SECRET, Shop

BODY = json.dumps(payment_event("payment_intent.succeeded")).encode()


def stored(shop: Shop) -> int:
    return PspWebhook.objects.for_merchant(shop.id).count()


def handling_jobs(shop: Shop) -> int:
    return Job.objects.filter(merchant_id=shop.id, name="payments.handle_psp_webhook").count()


def test_signed_webhook_is_stored_as_it_came_and_handed_to_a_job(shop: Shop) -> None:
    answer = post(shop, BODY)

    assert (answer.status_code, answer.json()) == (200, {"received": True})
    webhook = PspWebhook.objects.for_merchant(shop.id).get()
    assert (webhook.event_id, webhook.event_type) == ("evt_1", "payment_intent.succeeded")
    assert webhook.body.encode() == BODY
    assert "Stripe-Signature" in webhook.headers
    assert handling_jobs(shop) == 1


def test_event_told_again_is_stored_and_handled_once(shop: Shop) -> None:
    answers = [post(shop, BODY).status_code for _ in range(3)]

    assert answers == [200, 200, 200]
    assert (stored(shop), handling_jobs(shop)) == (1, 1)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "signature_missing"),
        ("nonsense", "signature_missing"),
        ("v1=aa", "signature_missing"),
        ("t=1", "signature_missing"),
        ("t=²,v1=aa", "signature_missing"),
        (f"t={'9' * 5_000},v1=aa", "signature_missing"),
        ("t=-5,v1=aa", "signature_missing"),
        ("t=1,t=2,v1=aa", "signature_missing"),
        ("t=now,v1=aa", "signature_wrong"),
        ("t=now,v1=é", "signature_wrong"),
    ],
)
def test_unsigned_webhook_is_refused_and_leaves_no_trace(shop: Shop, header: str, reason: str) -> None:
    before = shop.footprint()

    # Filled in here: with the time in a test's name, xdist's workers would not agree on which tests there are.
    answer = post(shop, BODY, header.replace("now", str(int(time.time()))))

    assert (answer.status_code, answer.json()) == (400, {"error": reason})
    assert stored(shop) == 0
    assert shop.footprint() == before


def test_signature_of_another_secret_or_of_other_bytes_is_refused(shop: Shop) -> None:
    assert post(shop, BODY, signature(BODY, secret="whsec_of_somebody_else")).status_code == 400
    assert post(shop, BODY + b" ", signature(BODY)).status_code == 400
    assert stored(shop) == 0


@pytest.mark.parametrize(("age", "status"), [(295, 200), (305, 400), (-295, 200), (-305, 400)])
def test_signature_is_good_for_five_minutes_either_way(shop: Shop, age: int, status: int) -> None:
    assert post(shop, BODY, signature(BODY, at=time.time() - age)).status_code == status


def test_one_good_signature_among_several_is_enough(shop: Shop) -> None:
    stamp, good = signature(BODY).split(",")

    assert post(shop, BODY, f"{stamp},v0=x,v1={'0' * 64},{good}").status_code == 200


def test_both_secrets_are_good_while_one_is_rolled_and_then_only_the_new(shop: Shop) -> None:
    account = PspAccount.objects.for_merchant(shop.id).get()

    def sealed(secret: str, column: str) -> str:
        return encrypt_field(shop.id, secret, table="payments_pspaccount", column=column, row_id=account.id)

    account.webhook_secret_encrypted = sealed("whsec_new", "webhook_secret_encrypted")
    account.previous_webhook_secret_encrypted = sealed(WEBHOOK_SECRET, "previous_webhook_secret_encrypted")
    account.save()
    assert post(shop, BODY, signature(BODY, secret="whsec_new")).status_code == 200
    assert post(shop, BODY, signature(BODY, secret=WEBHOOK_SECRET)).status_code == 200

    account.previous_webhook_secret_encrypted = ""
    account.save()

    assert post(shop, BODY, signature(BODY, secret=WEBHOOK_SECRET)).status_code == 400


def of(**changes: object) -> bytes:
    return json.dumps(payment_event("payment_intent.succeeded") | changes).encode()


UNREADABLE = {
    "empty": b"",
    "no json": b"<html>",
    "no object": b"[1, 2]",
    "a number": b"7",
    "null": b"null",
    "no id": json.dumps({"type": "x", "data": {"object": {}}}).encode(),
    "id is a number": of(id=5),
    "id with a zero byte": of(id="evt_\x00"),
    "id with half a character": of(id="evt_\ud800"),
    "id beyond the column": of(id="e" * 256),
    "type is a list": of(type=["payment_intent.succeeded"]),
    "data is missing": of(data=None),
    "object is a list": of(data={"object": []}),
    "reference beyond the column": of(data={"object": {"id": "p" * 256, "object": "payment_intent"}}),
    "reference with a zero byte": of(data={"object": {"id": "pi_\x00", "object": "payment_intent"}}),
    "reference is an object": of(data={"object": {"id": {"a": 1}, "object": "payment_intent"}}),
    "metadata is a list": of(data={"object": {"id": "pi_1", "object": "payment_intent", "metadata": [1]}}),
    "no utf-8": b'{"id": "evt_\xff\xfe"}',
    "utf-16": BODY.decode().encode("utf-16"),
    "too deep": b"[" * 100_000,
    "too large": BODY + b" " * MAX_BODY_BYTES,
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_signed_but_unreadable_webhook_is_refused_and_leaves_no_trace(shop: Shop, body: bytes) -> None:
    answer = post(shop, body)

    assert answer.status_code == 400
    assert (stored(shop), handling_jobs(shop)) == (0, 0)


def test_event_whose_object_we_cannot_read_is_stored_and_waits_for_the_inquiry(shop: Shop) -> None:
    strange = {
        "id": "pi_1",
        "object": "payment_intent",
        "status": "succeeded",
        "amount": "many",
        "currency": 5,
    }

    stranger = strange | {"latest_charge": {"payment_method_details": "x"}}

    assert post(shop, of(data={"object": strange})).status_code == 200
    assert post(shop, of(id="evt_2", data={"object": stranger})).status_code == 200
    assert stored(shop) == 2


def test_largest_webhook_that_is_read_is_stored(shop: Shop) -> None:
    body = BODY + b" " * (MAX_BODY_BYTES - len(BODY))

    assert post(shop, body).status_code == 200


def test_unknown_accounts_answer_alike(shop: Shop) -> None:
    client = Client(raise_request_exception=False)
    answers = {
        (answer.status_code, answer.content)
        for path in ("psp_2J4BQ7eXwPBSJ5RRxG8dGH", "psp_", "whatever", shop.merchant.public_id)
        for answer in [client.post(f"/psp/webhooks/{path}/", data=BODY, content_type="application/json")]
    }

    assert {status for status, _ in answers} == {404}
    assert len(answers) == 1


def test_webhooks_are_only_posted(shop: Shop) -> None:
    assert Client().get(f"/psp/webhooks/{shop.account.public_id}/").status_code == 405
