"""A real Chromium before a real server. A test fails when its page logs an error, breaks the content security
policy or asks another host for anything; `check_accessible` fails on what axe finds serious.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from foundation.tenancy.models import Merchant, StaffUser
from foundation.tenancy.staff import create_staff

PASSWORD = "correct-horse-battery"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SERIOUS = {"serious", "critical"}
SHOTS = os.environ.get("SHOTS")

# Playwright's loop runs in this thread; the tests' own queries beside it are meant.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install chromium or set CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, live_server: Any) -> Iterator[Page]:
    context = chromium.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(10_000)
    page = context.new_page()
    problems: list[str] = []
    host = urlsplit(live_server.url).netloc
    page.on("console", lambda message: problems.append(message.text) if _is_problem(message) else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "request", lambda request: problems.append(request.url) if _is_foreign(request.url, host) else None
    )
    page.on(
        "response",
        lambda answer: problems.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None,
    )
    yield page
    context.close()
    assert problems == []


def _is_problem(message: Any) -> bool:
    # A form refused with 422 is an answer, though Chromium logs it as a failed load.
    return (
        message.type == "error"
        and "status of 422" not in message.text
        and "status of 429" not in message.text
    )


def _is_foreign(url: str, host: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != host


@pytest.fixture
def merchant(live_server: Any) -> Merchant:
    return Merchant.objects.create(name="Tea and Kettles", default_currency="usd")


@pytest.fixture
def log_in(page: Page, merchant: Merchant) -> Callable[..., StaffUser]:
    """log_in("agent") makes a staff member of that role for the merchant and logs them in."""

    def log_in_as(role: str, username: str = "ada") -> StaffUser:
        staff = create_staff(username=username, role=role, password=PASSWORD, merchant_ids=[merchant.id])
        page.goto("/admin/")
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in", exact=True).click()
        page.wait_for_url("**/admin/")
        return staff

    return log_in_as


@pytest.fixture
def check_accessible(page: Page) -> Callable[[], None]:
    def check() -> None:
        found = Axe().run(page).response["violations"]
        serious = {
            violation["id"]: [node["html"][:200] for node in violation["nodes"][:3]]
            for violation in found
            if violation["impact"] in SERIOUS
        }
        assert serious == {}

    return check


@pytest.fixture
def shoot(page: Page) -> Callable[[str], None]:
    """Keep a picture of the page under $SHOTS, when that is set."""

    def keep(name: str) -> None:
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=False)

    return keep
