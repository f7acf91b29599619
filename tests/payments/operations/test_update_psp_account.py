"""A webhook secret is rolled without losing what is on its way, and never to one that could verify nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from foundation.ids import new_id
from payments.errors import PspSettingsIncomplete
from payments.operations.update_psp_account import update_psp_account
from payments.psp.sandbox.sandbox import Sandbox
from payments.queries.psp_accounts import get_psp_account
from payments.queries.psp_orders import credentials_of
from tests.factories.adyen import HMAC_KEY, envelope, item_of, open_adyen_shop, post
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop

NEW_KEY, NEWER_KEY = "0123456789ABCDEF" * 4, "89ABCDEF01234567" * 4


@pytest.fixture
def shop(db: None, sandbox: Sandbox) -> Iterator[Shop]:
    psp = ScriptedPsp(sandbox, key=f"AQE{new_id().hex}")
    yield open_adyen_shop(psp)
    psp.heals()


def rolls(shop: Shop, key: str) -> None:
    update_psp_account(merchant_id=shop.id, psp_account_id=shop.account.id, webhook_secret=key)


def secrets_of(shop: Shop) -> tuple[str, ...]:
    return credentials_of(
        get_psp_account(merchant_id=shop.id, psp_account_id=shop.account.id)
    ).webhook_secrets


def test_both_keys_are_good_after_a_roll_and_the_oldest_no_more_after_the_next(shop: Shop) -> None:
    rolls(shop, NEW_KEY)

    for key in (HMAC_KEY, NEW_KEY):
        assert post(shop, envelope(item_of("CAPTURE", pspReference=key[:16]), key=key)).status_code == 200

    rolls(shop, NEWER_KEY)
    assert secrets_of(shop) == (NEWER_KEY, NEW_KEY)
    assert post(shop, envelope(item_of("CAPTURE"), key=HMAC_KEY)).status_code == 400


@pytest.mark.parametrize("secret", ["whsec_of_stripe", "44", "", "GG" * 32])
def test_secret_that_could_sign_nothing_is_refused_and_leaves_the_old_one(shop: Shop, secret: str) -> None:
    with pytest.raises(PspSettingsIncomplete):
        rolls(shop, secret)

    assert secrets_of(shop) == (HMAC_KEY,)
