"""Second factors follow the rotation of VAULT_KEYS: else a dropped key would lock everybody out."""

from __future__ import annotations

import base64
import io
import os
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command

from foundation.tenancy.models import StaffUser
from foundation.vault.wrapping import key_id_of
from payments_site.second_factors import (
    count_second_factors,
    decrypt_second_factor,
    encrypt_second_factor,
)

pytestmark = pytest.mark.django_db


def new_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def id_of(key: str) -> str:
    return key_id_of(base64.urlsafe_b64decode(key))


def authenticators() -> tuple[Authenticator, Authenticator]:
    user = StaffUser.objects.create(username="ada", email="ada@example.com")
    app = Authenticator.objects.create(
        user=user, type="totp", data={"secret": encrypt_second_factor("JBSWY3DP")}
    )
    codes = Authenticator.objects.create(
        user=user, type="recovery_codes", data={"seed": encrypt_second_factor("seed"), "used_mask": 5}
    )
    return app, codes


def test_rotation_moves_them_and_the_old_key_can_go(settings: Any) -> None:
    old, new = new_key(), new_key()
    settings.VAULT_KEYS = [old]
    app, codes = authenticators()
    settings.VAULT_KEYS = [new, old]

    call_command("rotate_vault_keys", stdout=io.StringIO())

    assert count_second_factors() == {id_of(new): 2}
    settings.VAULT_KEYS = [new]
    app.refresh_from_db()
    codes.refresh_from_db()
    assert decrypt_second_factor(app.data["secret"]) == "JBSWY3DP"
    assert decrypt_second_factor(codes.data["seed"]) == "seed"
    assert codes.data["used_mask"] == 5


def test_a_key_that_second_factors_are_under_is_not_retired(settings: Any) -> None:
    old, new = new_key(), new_key()
    settings.VAULT_KEYS = [old]
    authenticators()
    settings.VAULT_KEYS = [new, old]

    with pytest.raises(CommandError, match="still needed by 2 second factors"):
        call_command("retire_vault_key", id_of(old), stdout=io.StringIO())


def test_one_that_no_key_opens_is_left_alone_and_reported(settings: Any) -> None:
    lost, new = new_key(), new_key()
    settings.VAULT_KEYS = [lost]
    app, _ = authenticators()
    before = app.data
    settings.VAULT_KEYS = [new]

    with pytest.raises(CommandError, match="2 of second factors"):
        call_command("rotate_vault_keys", stdout=io.StringIO())

    app.refresh_from_db()
    assert app.data == before
    assert count_second_factors() == {"": 2}
