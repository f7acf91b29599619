"""A PSP account is refused while what its PSP needs is missing, and where its secrets would go astray."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from foundation.tenancy.models import Merchant
from foundation.tenancy.operations import create_merchant
from manage import arguments
from payments.errors import PspBaseUrlRefused, PspSettingsIncomplete, PspUnsupported
from payments.models import PspAccount
from payments.operations.create_psp_account import create_psp_account
from payments.queries.psp_orders import credentials_of
from tests.factories.adyen import HMAC_KEY

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant(db: None) -> Merchant:
    return create_merchant(name="Tea shop", currency="eur")


def account_of(merchant: Merchant, **changes: Any) -> PspAccount:
    given: dict[str, Any] = {
        "psp": "adyen",
        "name": "Adyen",
        "secret_key": "AQE_secret",
        "webhook_secret": HMAC_KEY,
        "settings": {"merchant_account": "TeaShopECOM"},
    }
    return create_psp_account(merchant_id=merchant.id, **(given | changes))


def test_account_at_adyen_has_adyens_limits_and_its_settings(merchant: Merchant) -> None:
    account = account_of(merchant)

    assert account.idempotency_window_seconds == 7 * 86_400
    credentials = credentials_of(account)
    assert credentials.settings == {"merchant_account": "TeaShopECOM"}
    assert credentials.webhook_secrets == (HMAC_KEY,)
    assert "AQE_secret" not in repr(credentials)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"settings": {}}, PspSettingsIncomplete),
        ({"settings": {"merchant_account": 7}}, PspSettingsIncomplete),
        ({"webhook_secret": "whsec_of_stripe"}, PspSettingsIncomplete),
        ({"webhook_secret": "44"}, PspSettingsIncomplete),
        ({"psp": "nobody"}, PspUnsupported),
    ],
)
def test_incomplete_account_is_refused_and_leaves_nothing(
    merchant: Merchant, changes: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        account_of(merchant, **changes)

    assert not PspAccount.objects.for_merchant(merchant.id).exists()


@pytest.mark.parametrize(
    ("psp", "url", "is_own"),
    [
        ("adyen", "https://checkout-test.adyen.com", True),
        ("adyen", "https://1797a841fbb37ca7-TeaShop-checkout-live.adyenpayments.com/checkout", True),
        ("adyen", "http://checkout-test.adyen.com", False),
        ("adyen", "https://adyenpayments.com.example.org", False),
        ("adyen", "https://eviladyenpayments.com", False),
        ("adyen", "https://api.stripe.com", False),
        ("stripe", "https://checkout-test.adyen.com", False),
    ],
)
def test_secrets_go_to_the_psps_own_hosts_only(
    merchant: Merchant, settings: Any, psp: str, url: str, is_own: bool
) -> None:
    settings.PSP_ALLOW_CUSTOM_BASE_URL = False

    if is_own:
        assert account_of(merchant, psp=psp, base_url=url).base_url == url
        return
    with pytest.raises(PspBaseUrlRefused):
        account_of(merchant, psp=psp, base_url=url)
    assert not PspAccount.objects.for_merchant(merchant.id).exists()


def test_command_prints_where_the_notifications_go(merchant: Merchant) -> None:
    printed = StringIO()
    arguments = ["--psp", "adyen", "--name", "Adyen", "--secret-key", "AQE", "--webhook-secret", HMAC_KEY]

    call_command(
        "create_psp_account",
        merchant.public_id,
        *arguments,
        "--psp-settings",
        json.dumps({"merchant_account": "TeaShopECOM", "deadline_seconds": 5}),
        stdout=printed,
    )

    told = json.loads(printed.getvalue())
    account = PspAccount.objects.for_merchant(merchant.id).get()
    assert told["psp_account"] == account.public_id
    assert told["webhook_url"].endswith(f"/psp/webhooks/{account.public_id}/")
    assert (account.deadline_seconds, account.settings) == (5, {"merchant_account": "TeaShopECOM"})


def test_command_says_what_is_missing(merchant: Merchant) -> None:
    arguments = ["--psp", "adyen", "--name", "Adyen", "--secret-key", "AQE", "--webhook-secret", HMAC_KEY]

    with pytest.raises(CommandError, match="merchant_account"):
        call_command("create_psp_account", merchant.public_id, *arguments)


@pytest.mark.parametrize("given", [["--settings", "{}"], ["--settings={}"]])
def test_settings_on_the_command_line_are_the_accounts_and_not_djangos(given: list[str]) -> None:
    ours = arguments(["manage.py", "create_psp_account", "acct_1", *given])
    theirs = arguments(["manage.py", "migrate", *given])

    assert not any(one.startswith("--settings") for one in ours)
    assert "{}" in "".join(ours)
    assert theirs == ["manage.py", "migrate", *given]
