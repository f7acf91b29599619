"""A network's token of a card is what is charged where the PSP takes it; the attempt says so."""

from __future__ import annotations

import pytest

from foundation import clock
from payments.models import PaymentMethod, PspToken, TokenKind
from payments.operations.add_psp_token import add_psp_token
from payments.queries.psp_orders import get_attempt_order, open_token
from payments.shapes.charges import charge_shape
from tests.factories.books import assert_books_agree
from tests.factories.shop import Shop


@pytest.fixture
def method(shop: Shop) -> PaymentMethod:
    return shop.method("pm_card_mastercard")


def with_network_token(shop: Shop, method: PaymentMethod) -> PspToken:
    add_psp_token(
        merchant_id=shop.id,
        payment_method_id=method.id,
        psp_account_id=shop.account.id,
        token="pm_card_mastercard_networkToken",
        kind=TokenKind.NETWORK,
    )
    return PspToken.objects.for_merchant(shop.id).get(payment_method=method, kind=TokenKind.NETWORK)


def test_the_network_token_is_charged_and_the_attempt_says_so(shop: Shop, method: PaymentMethod) -> None:
    with_network_token(shop, method)

    intent = shop.charges(method)

    attempt = shop.attempt(intent)
    assert attempt.token_kind == TokenKind.NETWORK
    shape = charge_shape(attempt, intent, livemode=False)
    assert shape["payment_method_details"]["card"]["network_token"] == {"used": True}
    order = get_attempt_order(merchant_id=shop.id, attempt_id=attempt.id)
    assert order.request.token == "pm_card_mastercard_networkToken"
    assert_books_agree(shop)


def test_without_one_the_psps_own_token_is_charged(shop: Shop, method: PaymentMethod) -> None:
    intent = shop.charges(method)

    attempt = shop.attempt(intent)
    assert attempt.token_kind == TokenKind.PSP
    shape = charge_shape(attempt, intent, livemode=False)
    assert shape["payment_method_details"]["card"]["network_token"] is None


def test_a_revoked_network_token_gives_way_to_the_psps_own(shop: Shop, method: PaymentMethod) -> None:
    token = with_network_token(shop, method)
    token.revoked_at = clock.now()
    token.save(update_fields=["revoked_at"])

    intent = shop.charges(method)

    assert shop.attempt(intent).token_kind == TokenKind.PSP


def test_an_attempt_is_sent_again_with_the_kind_of_token_that_it_was_opened_with(
    shop: Shop, method: PaymentMethod
) -> None:
    intent = shop.charges(method)
    own = open_token(PspToken.objects.for_merchant(shop.id).get(payment_method=method))
    with_network_token(shop, method)

    order = get_attempt_order(merchant_id=shop.id, attempt_id=shop.attempt(intent).id)

    assert order.request.token == own


def test_a_second_network_token_of_the_same_account_changes_nothing(
    shop: Shop, method: PaymentMethod
) -> None:
    first = with_network_token(shop, method)

    again = with_network_token(shop, method)

    assert again.id == first.id
    assert PspToken.objects.for_merchant(shop.id).filter(payment_method=method).count() == 2
