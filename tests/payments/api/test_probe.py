import pytest


def test_probe(shop, api):
    print(api.get("/v1/account").json())
    c = api.post_form("/v1/customers", {"metadata[a]": "b"}, email="a@example.com", name="Ada")
    print(c)
    pi = api.post_form(
        "/v1/payment_intents",
        amount=1000,
        currency="usd",
        payment_method="pm_card_visa",
        confirm="true",
        customer=c["id"],
    )
    print(pi)
    for p in (
        "payment_intents",
        "charges",
        "balance",
        "balance_transactions",
        "refunds",
        "events",
        "customers",
        "payment_methods",
        "setup_intents",
    ):
        print(p, api.get("/v1/" + p).json())
    d = api.post_form(
        "/v1/payment_intents",
        amount=1000,
        currency="usd",
        payment_method="pm_card_chargeDeclined",
        confirm="true",
    )
    print(d)
    assert 0
