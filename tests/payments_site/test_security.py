"""Headers, cookies, login, lockout and the second factor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.test import Client

from foundation.tenancy.errors import StaffInvalid
from foundation.tenancy.models import StaffUser
from foundation.tenancy.staff import create_staff
from payments_site.login import SecondFactorAdapter
from tests.payments_site.conftest import PASSWORD

Person = Callable[..., StaffUser]


def log_in(client: Client, username: str, password: str) -> Any:
    return client.post("/accounts/login/", {"login": username, "password": password})


def test_pages_for_people_forbid_foreign_and_inline_scripts_and_frames(client: Client, db: None) -> None:
    policy = client.get("/accounts/login/").headers["Content-Security-Policy"]

    assert "script-src 'self';" in policy + ";"
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_the_admin_allows_its_theme_style_by_nonce_only(client_of: Callable[[str], Client]) -> None:
    page = client_of("admin").get("/admin/")

    nonce = page.headers["Content-Security-Policy"].split("'nonce-")[1].split("'")[0]
    assert f'nonce="{nonce}"' in page.content.decode()


def test_pages_for_people_are_in_no_frame_and_take_no_post_without_a_token(person: Person) -> None:
    person("agent")
    client = Client(enforce_csrf_checks=True)

    page = client.get("/accounts/login/")
    answer = log_in(client, "ada", PASSWORD)

    assert page.headers["X-Frame-Options"] == "DENY"
    assert answer.status_code == 403


def test_the_api_pays_for_no_session_and_no_policy(client: Client, db: None) -> None:
    answer = client.get("/v1/charges")

    assert "Content-Security-Policy" not in answer.headers
    assert answer.cookies == {}
    assert not hasattr(answer.wsgi_request, "session")
    assert not hasattr(answer.wsgi_request, "user")


def test_sessions_end_after_fifteen_idle_minutes_and_cookies_are_closed_to_scripts(
    client: Client, person: Person
) -> None:
    person("agent")

    log_in(client, "ada", PASSWORD)

    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert client.session.get_expiry_age() == 900
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"


def test_a_right_password_leads_to_the_admin(client: Client, person: Person) -> None:
    person("agent")

    answer = log_in(client, "ada", PASSWORD)

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/admin/"


def test_the_admins_own_login_page_sends_to_the_one_with_a_second_factor(client: Client, db: None) -> None:
    answer = client.get("/admin/login/?next=/admin/")

    assert answer.headers["Location"] == "/accounts/login/?next=%2Fadmin%2F"


def test_nobody_signs_up(client: Client, db: None) -> None:
    client.post(
        "/accounts/signup/",
        {"username": "eve", "email": "e@x.io", "password1": PASSWORD, "password2": PASSWORD},
    )

    assert StaffUser.objects.count() == 0


def test_ten_wrong_passwords_lock_the_name_even_for_the_right_one(client: Client, person: Person) -> None:
    person("agent")
    for _ in range(9):
        assert log_in(client, "ada", "wrong-wrong-wrong").status_code == 200

    tenth = log_in(client, "ada", "wrong-wrong-wrong")
    right = log_in(client, "ada", PASSWORD)

    assert (tenth.status_code, right.status_code) == (429, 429)
    assert "Too many wrong tries" in right.content.decode()


def test_a_person_with_an_authenticator_app_is_asked_for_its_code(client: Client, person: Person) -> None:
    staff = person("agent")
    TOTP.activate(staff, generate_totp_secret())

    answer = log_in(client, "ada", PASSWORD)

    assert answer.headers["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/admin/").status_code == 302


def test_the_authenticators_secret_rests_encrypted(person: Person) -> None:
    secret = generate_totp_secret()

    TOTP.activate(person("agent"), secret)

    stored = Authenticator.objects.get().data["secret"]
    assert secret not in stored
    assert SecondFactorAdapter().decrypt(stored) == secret


def test_where_a_second_factor_is_required_the_admin_waits_for_it(
    client_of: Callable[[str], Client], settings: Any
) -> None:
    settings.STAFF_MFA_REQUIRED = True
    client = client_of("agent")

    before = client.get("/admin/")
    TOTP.activate(StaffUser.objects.get(), generate_totp_secret())
    after = client.get("/admin/")

    assert before.headers["Location"] == "/accounts/2fa/"
    assert after.status_code == 200


@pytest.mark.parametrize("password", ["short-11-ch", "password123456789"[:12], "123456789012345"])
def test_weak_passwords_are_refused(password: str, db: None) -> None:
    with pytest.raises(StaffInvalid):
        create_staff(username="ada", role="agent", password=password)

    assert StaffUser.objects.count() == 0
