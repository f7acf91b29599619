"""The API reference works under the strict content security policy and asks nobody else for anything."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_reference_shows_an_operation_with_its_parameters(page: Page) -> None:
    page.goto("/docs/api")

    page.get_by_role("link", name="Webhook endpoints", exact=True).click()
    page.get_by_text("Create a webhook endpoint").click()

    expect(page.get_by_text("enabled_events").first).to_be_visible()
    expect(page.get_by_text("Idempotency-Key").first).to_be_visible()
