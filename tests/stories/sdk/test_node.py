"""The official Node SDK (npm `stripe`) against the running server; the story itself is node/story.mjs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import stripe
from requests.structures import CaseInsensitiveDict

from payments.models import PaymentIntent, Refund
from tests.factories.shop import Shop
from tests.foundation.webhooks.receiver import Receiver
from tests.stories.sdk.conftest import deliver_webhooks
from tests.stripe_shapes.contract import assert_in_contract

pytestmark = pytest.mark.django_db(transaction=True)

STORY = Path(__file__).parent / "node"
INSTALLED = Path(__file__).parents[3] / ".run" / "node"
INSTALL_SECONDS = 60
STORY_SECONDS = 60


@pytest.fixture(scope="session")
def package() -> Path:
    """Where the SDK of package-lock.json is installed, once per checkout; skips where that is not possible."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not on this machine")
    version = json.loads((STORY / "package.json").read_text())["dependencies"]["stripe"]
    folder = INSTALLED / f"stripe-{version}"
    if not (folder / "node_modules" / "stripe" / "package.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(STORY / name, folder / name)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
        try:
            subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=INSTALL_SECONDS)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as failure:
            pytest.skip(f"npm could not install stripe {version}: {(failure.stderr or b'').decode()[-300:]}")
    return folder


def test_the_node_sdk_does_all_that_the_python_one_does(
    package: Path,
    live_server: Any,
    sdk: stripe.StripeClient,
    secret: str,
    receiver: Receiver,
    shop: Shop,
    tmp_path: Path,
) -> None:
    endpoint = sdk.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["customer.created"]})
    sdk.v1.customers.create({"name": "Grace"})
    deliver_webhooks()
    (webhook,) = receiver.received
    sdk.v1.webhook_endpoints.delete(endpoint.id)
    answers = tmp_path / "answers.jsonl"

    story = subprocess.run(
        ["node", "--test", "--test-reporter=tap", str(STORY / "story.mjs")],
        env={
            "PATH": os.environ["PATH"],
            "API_URL": live_server.url,
            "API_KEY": secret,
            "ANSWERS": str(answers),
            "STRIPE": str(package),
            "WEBHOOK_BODY": webhook.body.decode(),
            "WEBHOOK_SIGNATURE": webhook.headers["Stripe-Signature"],
            "WEBHOOK_SECRET": str(endpoint.secret),
        },
        capture_output=True,
        text=True,
        timeout=STORY_SECONDS,
    )

    assert story.returncode == 0, story.stdout[-4_000:] + story.stderr[-2_000:]
    assert "# pass 11" in story.stdout
    recorded = [json.loads(line) for line in answers.read_text().splitlines()]
    for answer in recorded:
        headers = CaseInsensitiveDict(answer["headers"])
        assert_in_contract(answer["status"], headers, answer["body"].encode())
    assert len(recorded) > 25
    assert sorted(PaymentIntent.objects.for_merchant(shop.id).values_list("status", flat=True)) == [
        "canceled",
        "requires_action",
        "requires_payment_method",
        *["succeeded"] * 5,
    ]
    assert Refund.objects.for_merchant(shop.id).count() == 1
