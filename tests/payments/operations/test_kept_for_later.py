"""What a success leaves for charges without the customer: their method, the mandate, the network's transaction id."""

from __future__ import annotations

import pytest

from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from payments.models import Customer, IntentStatus, Mandate, PaymentIntent, PaymentMethod, SetupIntent
from payments.operations.confirm_setup_intent import confirm_setup_intent
from payments.operations.create_customer import create_customer
from payments.operations.create_setup_intent import create_setup_intent
from payments.queries.customers import get_payment_method
from tests.factories.books import assert_books_agree
from tests.factories.later import look_after
from tests.factories.shop import Shop
from tests.foundation.conftest import ApiCaller


@pytest.fixture
def customer(shop: Shop) -> Customer:
    return create_customer(merchant_id=shop.id, customer_id=new_id(), name="Jane")


def sets_up(shop: Shop, customer: Customer | None, token: str = "pm_card_visa") -> SetupIntent:
    setup = create_setup_intent(
        merchant_id=shop.id,
        setup_intent_id=new_id(),
        payment_method_id=shop.method(token).id,
        customer_id=customer.id if customer else None,
    )
    return confirm_setup_intent(merchant_id=shop.id, setup_intent_id=setup.id, confirmation_id=new_id())


def charged_later(shop: Shop, customer: Customer, method_id: object) -> PaymentIntent:
    from foundation.money import Money
    from payments.operations.create_payment_intent import create_payment_intent
    from payments.operations.execute_attempt import execute_attempt

    made = create_payment_intent(
        merchant_id=shop.id,
        payment_intent_id=new_id(),
        amount=Money(5_00, "usd"),
        customer_id=customer.id,
        payment_method_id=method_id,  # type: ignore[arg-type]
        confirm=True,
        off_session=True,
    )
    assert made.order is not None
    return execute_attempt(merchant_id=shop.id, attempt_id=made.order.attempt_id, order=made.order)


def method_of(shop: Shop, method_id: object) -> PaymentMethod:
    return get_payment_method(merchant_id=shop.id, payment_method_id=method_id)  # type: ignore[arg-type]


def test_setup_makes_the_card_the_customers_and_it_is_charged_without_them(
    shop: Shop, customer: Customer
) -> None:
    setup = sets_up(shop, customer)

    assert method_of(shop, setup.payment_method_id).customer_id == customer.id
    assert "payment_method.attached" in shop.events()
    assert charged_later(shop, customer, setup.payment_method_id).status == IntentStatus.SUCCEEDED
    assert_books_agree(shop)


def test_setup_without_a_customer_keeps_the_card_nobodys(shop: Shop) -> None:
    setup = sets_up(shop, None)
    run_due_jobs()

    assert method_of(shop, setup.payment_method_id).customer_id is None


def test_setup_that_the_psp_proves_later_attaches_as_well(shop: Shop, customer: Customer) -> None:
    setup = sets_up(shop, customer, "pm_card_authenticationRequired")
    assert setup.next_action is not None
    shop.psp.completes_challenge(setup.next_action["redirect_to_url"]["url"])

    look_after(11)

    assert method_of(shop, setup.payment_method_id).customer_id == customer.id


def test_setup_of_a_debit_keeps_its_mandate_for_the_later_charge(
    shop: Shop, customer: Customer, api: ApiCaller
) -> None:
    setup = sets_up(shop, customer, "pm_usBankAccount_success")

    mandate = Mandate.objects.for_merchant(shop.id).get()
    assert setup.mandate_id == mandate.id
    later = charged_later(shop, customer, setup.payment_method_id)

    assert later.status == IntentStatus.PROCESSING
    assert shop.attempt(later).mandate_id == mandate.id
    shown = api.get(f"/v1/mandates/{mandate.public_id}").json()
    assert (shown["object"], shown["status"]) == ("mandate", "active")
    assert shown["payment_method"] == method_of(shop, setup.payment_method_id).public_id
    assert api.get(f"/v1/setup_intents/{setup.public_id}").json()["mandate"] == mandate.public_id


def test_payment_for_later_use_attaches_its_card_and_keeps_the_networks_id(
    shop: Shop, customer: Customer
) -> None:
    first = shop.pays(10_00, customer_id=customer.id, setup_future_usage="off_session")
    run_due_jobs()

    attempt = shop.attempt(first)
    method = method_of(shop, attempt.payment_method_id)
    assert method.customer_id == customer.id
    assert method.network_transaction_id == attempt.network_transaction_id != ""
    later = charged_later(shop, customer, method.id)

    assert later.status == IntentStatus.SUCCEEDED
    # The network keeps the chain: the later charge carries the first one's id.
    assert shop.attempt(later).network_transaction_id == attempt.network_transaction_id
    assert_books_agree(shop)


def test_payment_that_is_not_for_later_keeps_its_card_nobodys(shop: Shop, customer: Customer) -> None:
    paid = shop.pays(10_00, customer_id=customer.id)
    run_due_jobs()

    assert method_of(shop, shop.attempt(paid).payment_method_id).customer_id is None


@pytest.mark.parametrize(
    ("token", "wallet", "last4"),
    [("pm_card_applePay", "apple_pay", "4242"), ("pm_card_googlePay", "google_pay", "1111")],
)
def test_wallet_pays_as_a_card_and_is_shown_as_what_it_is(
    shop: Shop, api: ApiCaller, token: str, wallet: str, last4: str
) -> None:
    paid = shop.pays(10_00, token=token)

    assert paid.status == IntentStatus.SUCCEEDED
    attempt = shop.attempt(paid)
    method = api.get(f"/v1/payment_methods/{method_of(shop, attempt.payment_method_id).public_id}").json()
    charge = api.get(f"/v1/charges/{attempt.public_id}").json()
    for shown in (method["card"], charge["payment_method_details"]["card"]):
        assert (shown["wallet"]["type"], shown["wallet"]["dynamic_last4"]) == (wallet, last4)
    assert_books_agree(shop)


@pytest.mark.parametrize(
    ("token", "type_"), [("pm_sepaDebit_success", "sepa_debit"), ("pm_ideal_success", "ideal")]
)
def test_method_that_is_no_card_is_shown_under_its_own_name(
    shop: Shop, api: ApiCaller, token: str, type_: str
) -> None:
    method = shop.method(token)

    shown = api.get(f"/v1/payment_methods/{method.public_id}").json()

    assert shown["type"] == type_ and type_ in shown and "card" not in shown
