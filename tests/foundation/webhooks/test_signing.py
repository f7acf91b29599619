from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
import stripe
import time_machine
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from foundation.webhooks.secrets import new_secret
from foundation.webhooks.signing import signature_headers

AT = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
BODY = '{"id":"evt_1","object":"event","note":"café"}'.encode()


def test_a_secret_is_240_random_bits_in_base64_without_padding() -> None:
    secret = new_secret()

    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 30
    assert "=" not in secret
    assert new_secret() != secret


def test_stripes_own_library_and_standard_webhooks_verify_with_the_same_secret() -> None:
    secret = new_secret()

    headers = signature_headers(message_id="evt_1", body=BODY, secrets=[secret], at=AT)

    with time_machine.travel(AT, tick=False):
        event = stripe.Webhook.construct_event(BODY, headers["Stripe-Signature"], secret)
        assert event["id"] == "evt_1"
        assert Webhook(secret).verify(BODY, headers)["id"] == "evt_1"


def test_while_rolling_either_secret_verifies_in_both_schemes() -> None:
    new, old = new_secret(), new_secret()

    headers = signature_headers(message_id="evt_1", body=BODY, secrets=[new, old], at=AT)

    with time_machine.travel(AT, tick=False):
        for secret in (new, old):
            stripe.WebhookSignature.verify_header(
                BODY.decode(), headers["Stripe-Signature"], secret, tolerance=300
            )
            Webhook(secret).verify(BODY, headers)


def test_a_known_body_has_a_known_signature() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    headers = signature_headers(
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        body=b'{"test": 2432232314}',
        secrets=[secret],
        at=datetime.fromtimestamp(1614265330, UTC),
    )

    # The example of the Standard Webhooks specification.
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-timestamp"] == "1614265330"


def test_another_secret_or_another_body_does_not_verify() -> None:
    secret = new_secret()
    headers = signature_headers(message_id="evt_1", body=BODY, secrets=[secret], at=AT)

    with time_machine.travel(AT, tick=False):
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(BODY, headers["Stripe-Signature"], new_secret())
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(BODY + b" ", headers["Stripe-Signature"], secret)
        with pytest.raises(WebhookVerificationError):
            Webhook(new_secret()).verify(BODY, headers)
