"""The money-in-doubt desk: what stands there, what its buttons do, and that two people are needed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.tenancy.models import Merchant
from foundation.tenancy.staff import create_staff
from payments.models import Case, CaseResolution, PspCall
from tests.factories.later import look_after
from tests.factories.shop import Shop

DESK = "/admin/payments/case/desk/"
Browser = Callable[..., Client]


@pytest.fixture
def browser(shop: Shop) -> Browser:
    def make(username: str, role: str = "senior_agent", merchants: list[Merchant] | None = None) -> Client:
        ids = [merchant.id for merchant in merchants] if merchants is not None else [shop.id]
        staff = create_staff(username=username, role=role, password="correct-horse-battery", merchant_ids=ids)
        client = Client()
        client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return make


def unknown(shop: Shop, *, silence: int = 50) -> str:
    """A charge that the PSP took and does not tell of; the address of its page at the desk."""
    shop.psp.fails("error_after_booking")
    if silence:
        shop.psp.fails("error_before_booking", operation="inquire", times=silence)
    intent = shop.pays(10_00)
    return f"{DESK}attempt/{shop.attempt(intent).id}/"


def case_page(shop: Shop) -> str:
    return f"/admin/payments/case/{Case.objects.for_merchant(shop.id).get().id}/"


def calls(shop: Shop) -> int:
    return PspCall.objects.for_merchant(shop.id).count()


def test_the_desk_shows_what_is_at_risk_before_there_is_a_case(shop: Shop, browser: Browser) -> None:
    address = unknown(shop)

    page = browser("ada").get(DESK)

    html = page.content.decode()
    assert page.status_code == 200
    assert "10.00 USD" in html and address in html
    assert "Being asked" in html


def test_the_desk_of_another_merchant_is_empty_and_its_movements_are_absent(
    shop: Shop, browser: Browser
) -> None:
    address = unknown(shop)
    stranger = browser("eve", merchants=[Merchant.objects.create(name="Coffee", default_currency="usd")])
    before = calls(shop)

    assert "Nothing is in doubt" in stranger.get(DESK).content.decode()
    assert stranger.get(address).status_code == 404
    assert stranger.post(f"{address}ask/").status_code == 404
    assert stranger.post(f"{address}open/").status_code == 404
    assert calls(shop) == before
    assert not Case.objects.for_merchant(shop.id).exists()


def test_the_button_asks_at_once_and_says_what_the_psp_answered(shop: Shop, browser: Browser) -> None:
    address = unknown(shop, silence=0)

    page = browser("ada").post(f"{address}ask/", follow=True)

    assert "it says that it happened" in page.content.decode()
    assert PspCall.objects.for_merchant(shop.id).filter(operation="inquire").count() == 1
    assert shop.ledger("income/sales") == 10_00


def test_the_button_does_not_lie_when_the_psp_gives_no_answer(shop: Shop, browser: Browser) -> None:
    address = unknown(shop)

    page = browser("ada").post(f"{address}ask/", follow=True)

    assert "no usable answer; the question stands" in page.content.decode()
    assert shop.balances() == {}


def test_opening_the_pages_changes_nothing_and_asks_nobody(shop: Shop, browser: Browser) -> None:
    address = unknown(shop)
    client, before = browser("ada"), shop.footprint()

    for page in (DESK, address):
        assert client.get(page).status_code == 200
    assert client.get(f"{address}ask/").status_code == 405
    assert client.get(f"{address}open/").status_code == 405

    assert shop.footprint() == before


def test_who_may_only_see_can_not_ask(shop: Shop, browser: Browser) -> None:
    address = unknown(shop)
    client, before = browser("otto", "auditor"), shop.footprint()

    assert "Ask the PSP now" not in client.get(address).content.decode()
    assert client.post(f"{address}ask/").status_code == 403
    assert shop.footprint() == before


def test_a_movement_is_resolved_by_two_people_from_the_desk_to_the_books(
    shop: Shop, browser: Browser
) -> None:
    ada, bob = browser("ada"), browser("bob")
    opened = ada.post(f"{unknown(shop)}open/")
    assert opened.status_code == 302
    form = {
        "form_key": new_id(),
        "verdict": "happened",
        "proof": "In the dashboard.",
        "proof_reference": "pi_1",
        "amount": "",
    }

    asked = ada.post(f"{case_page(shop)}resolve/", form)
    again = ada.post(f"{case_page(shop)}resolve/", form)
    resolution = CaseResolution.objects.for_merchant(shop.id).get()
    decide = f"/admin/payments/caseresolution/{resolution.id}/approve/"
    approval = {"form_key": new_id(), "shown": resolution.parameters_hash, "note": ""}
    own = ada.post(decide, approval)
    assert (asked.status_code, again.status_code, own.status_code) == (302, 302, 422)
    assert "Another person than the one who asked decides" in own.content.decode()
    assert shop.balances() == {}
    other = bob.post(decide, approval)
    run_due_jobs()

    assert other.status_code == 302
    assert shop.ledger("income/sales") == 10_00
    page = bob.get(f"{case_page(shop)}change/").content.decode()
    assert "Resolved by two people" in page
    assert "asked by ada, decided by bob" in page


def test_the_page_of_a_case_gathers_the_evidence_and_suggests(shop: Shop, browser: Browser) -> None:
    shop.psp.fails("error_before_booking")
    shop.psp.fails("error_before_booking", operation="inquire", times=2)
    intent = shop.pays(10_00)
    client = browser("ada")
    client.post(f"{DESK}attempt/{shop.attempt(intent).id}/open/")
    look_after(62)

    html = client.get(f"{case_page(shop)}change/").content.decode()

    assert "wait until its maximum delay is over" in html
    assert "We sent" in html and "Amount at risk" in html
    assert html.count("<strong>Inquire</strong>") >= 1


def test_an_agent_sees_the_desk_and_may_ask_but_not_resolve(shop: Shop, browser: Browser) -> None:
    address = unknown(shop)
    client = browser("amy", "agent")
    client.post(f"{address}open/")

    html = client.get(f"{case_page(shop)}change/").content.decode()
    refused = client.post(f"{case_page(shop)}resolve/", {"form_key": new_id()})

    assert "Ask the PSP now" in html
    assert "Resolve with proof" not in html
    assert refused.status_code == 403
    assert not CaseResolution.objects.for_merchant(shop.id).exists()


def test_the_desk_is_read_in_few_queries(shop: Shop, browser: Browser, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    for _ in range(4):
        unknown(shop)
    client = browser("ada")
    client.get(DESK)

    with django_assert_max_num_queries(20):
        assert client.get(DESK).status_code == 200
    look_after(62)
    with django_assert_max_num_queries(20):
        assert client.get(DESK).status_code == 200
