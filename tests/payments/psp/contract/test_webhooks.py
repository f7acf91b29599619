"""Any PSP: a webhook is verified before it is read, stored once, and told apart from a forgery."""

from __future__ import annotations

import time

import pytest

from payments.models import PspWebhook
from payments.psp.outcomes import Succeeded
from payments.psp.port import WebhookRefused
from tests.payments.psp.contract.faces import Face

pytestmark = pytest.mark.django_db

WRONG_SECRET = "00" * 32
MALFORMED = [b"", b"null", b"[]", b"{}", b"\xff\xfe", b'{"id":', b'{"notificationItems": 7}', b"[" * 100_000]


def now() -> int:
    return int(time.time())


def test_true_webhook_is_read(face: Face) -> None:
    body, headers = face.envelope_of("ch_ours")

    face.connector.verify_webhook(face.credentials, body, headers, now())
    (part,) = face.connector.split_webhook(body)
    news = face.connector.parse_webhook(part)

    assert (news.kind, news.psp_key) == ("attempt", "ch_ours")
    assert isinstance(news.outcome, Succeeded)
    assert news.outcome.amount.amount_minor == 1_000


def test_webhook_of_the_psp_itself_tells_the_charge(face: Face) -> None:
    request = face.charge()
    made = face.connector.authorize(face.credentials, request).outcome
    assert isinstance(made, Succeeded)

    body, headers = face.news_of(request.psp_key)
    face.connector.verify_webhook(face.credentials, body, headers, now())
    news = face.connector.parse_webhook(face.connector.split_webhook(body)[0])

    assert (news.psp_key, news.psp_reference) == (request.psp_key, made.psp_reference)


def test_forged_webhook_is_refused(face: Face) -> None:
    body, headers = face.envelope_of("ch_ours", secret=WRONG_SECRET)

    with pytest.raises(WebhookRefused, match="signature_wrong"):
        face.connector.verify_webhook(face.credentials, body, headers, now())


def test_changed_amount_is_refused(face: Face) -> None:
    body, headers = face.envelope_of("ch_ours")

    with pytest.raises(WebhookRefused, match="signature_wrong"):
        face.connector.verify_webhook(face.credentials, body.replace(b"1000", b"9000"), headers, now())


def test_unsigned_webhook_is_refused(face: Face) -> None:
    body, _ = face.envelope_of("ch_ours")

    with pytest.raises(WebhookRefused, match="signature_missing"):
        face.connector.verify_webhook(
            face.credentials, body.replace(b"hmacSignature", b"hmacNothing"), {}, now()
        )


@pytest.mark.parametrize("body", MALFORMED, ids=[repr(body[:24]) for body in MALFORMED])
def test_malformed_body_is_400_and_leaves_nothing(face: Face, body: bytes) -> None:
    shop = face.open_shop()
    _, headers = face.envelope_of("ch_ours")

    answer = face.post(shop, body, headers)

    assert answer.status_code == 400
    assert not PspWebhook.objects.for_merchant(shop.id).exists()


def test_forged_webhook_is_400_and_leaves_nothing(face: Face) -> None:
    shop = face.open_shop()
    body, headers = face.envelope_of("ch_ours", secret=WRONG_SECRET)

    assert face.post(shop, body, headers).status_code == 400
    assert not PspWebhook.objects.for_merchant(shop.id).exists()


def test_replayed_webhook_is_stored_once_and_accepted_again(face: Face) -> None:
    shop = face.open_shop()
    body, headers = face.envelope_of("ch_ours")

    answers = [face.post(shop, body, headers) for _ in range(3)]

    accepted = face.connector.capabilities.webhook_answer.encode()
    assert [(answer.status_code, answer.content) for answer in answers] == [(200, accepted)] * 3
    assert PspWebhook.objects.for_merchant(shop.id).count() == 1


def test_old_webhook_does_no_harm(face: Face) -> None:
    """Stripe signs the time, and an old event is refused; Adyen does not, and the event is known by its name."""
    shop = face.open_shop()
    fresh, fresh_headers = face.envelope_of("ch_ours")
    face.post(shop, fresh, fresh_headers)

    body, headers = face.envelope_of("ch_ours", at=time.time() - 3_600)
    answer = face.post(shop, body, headers)

    assert answer.status_code in (200, 400)
    assert PspWebhook.objects.for_merchant(shop.id).count() == 1
