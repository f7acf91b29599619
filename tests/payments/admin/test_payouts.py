"""The pages of payouts: what they show, and the way to entries, statement lines and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from foundation.tenancy.staff import create_staff
from payments.models import Payout
from tests.factories.payout_news import payout_news, recorded
from tests.factories.scripted_psp import ScriptedPsp, running_sandbox
from tests.factories.settling import answer_news, hear_of_payouts, import_files, reconciled
from tests.factories.shop import Shop, open_shop

pytestmark = pytest.mark.django_db

PAGES = "/admin/payments/payout/"


@pytest.fixture(scope="module")
def sandbox() -> Any:
    """A sandbox whose clock no other test has moved: dates are compared here."""
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def browser_of(shop: Shop) -> Callable[[str], Client]:
    def make(role: str) -> Client:
        staff = create_staff(
            username=role, role=role, password="correct-horse-battery", merchant_ids=[shop.id]
        )
        client = Client()
        client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return make


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_payout_leads_to_entries_and_lines_and_they_lead_back(
    shop: Shop, browser_of: Callable[[str], Client]
) -> None:
    charge = shop.attempt(shop.pays(100_00)).psp_charge_reference
    shop.psp.pays_out()
    hear_of_payouts(shop)
    import_files(shop)
    reconciled(shop)
    answer_news(shop)
    payout = Payout.objects.for_merchant(shop.id).get()
    client = browser_of("finance")

    shown = page(client, f"{PAGES}{payout.id}/change/")

    assert "96.80" in shown
    assert "Paid" in shown
    assert charge in shown
    for entry_id in (payout.sent_entry_id, payout.arrival_entry_id):
        entry = f"/admin/ledger/journalentry/{entry_id}/change/"
        assert entry in shown
        assert f"{PAGES}{payout.id}/change/" in page(client, entry)
    lines = [part.split('"')[0] for part in shown.split('href="/admin/ledger/statementline/')[1:]]
    assert len(lines) == 3
    for line in lines[:2]:
        told = page(client, f"/admin/ledger/statementline/{line}")
        assert f"/admin/ledger/journalentry/{payout.sent_entry_id}/change/" in told


def test_list_is_filtered_and_found_by_the_psps_reference(
    shop: Shop, browser_of: Callable[[str], Client]
) -> None:
    shop.pays(100_00)
    (paid,) = shop.psp.pays_out()
    shop.pays(50_00)
    shop.psp.pays_out(arrival_seconds=86_400)
    hear_of_payouts(shop)
    client = browser_of("auditor")

    def listed(query: str) -> int:
        found: int = client.get(f"{PAGES}{query}").context["cl"].result_count
        return found

    assert [listed(query) for query in ("", "?status=paid", "?status=in_transit", f"?q={paid['id']}")] == [
        2,
        1,
        1,
        1,
    ]


def test_agents_and_other_merchants_people_do_not_see_payouts(
    shop: Shop, psp: ScriptedPsp, browser_of: Callable[[str], Client]
) -> None:
    shop.pays(100_00)
    shop.psp.pays_out()
    hear_of_payouts(shop)
    payout = Payout.objects.for_merchant(shop.id).get()
    other = open_shop(psp, name="Coffee shop")
    stranger = create_staff(
        username="stranger", role="finance", password="correct-horse-battery", merchant_ids=[other.id]
    )
    client = Client()
    client.force_login(stranger, backend="allauth.account.auth_backends.AuthenticationBackend")

    assert browser_of("agent").get(PAGES).status_code == 403
    assert client.get(f"{PAGES}{payout.id}/change/").status_code == 302


def test_case_of_a_payout_leads_to_it(shop: Shop, browser_of: Callable[[str], Client]) -> None:
    payout = recorded(shop, payout_news("canceled"))
    recorded(shop, payout_news("paid"))

    assert f"{PAGES}{payout.id}/change/" in page(browser_of("finance"), "/admin/payments/case/")
