"""Lists, cursors, filters, search and expansion."""

import pytest
import stripe


def test_pages_are_newest_first_and_meet_at_the_cursor(client, pay):
    made = [pay(metadata={"n": str(n)}).id for n in range(5)]

    first = client.v1.payment_intents.list({"limit": 2})
    second = client.v1.payment_intents.list({"limit": 2, "starting_after": first.data[-1].id})
    back = client.v1.payment_intents.list({"limit": 2, "ending_before": second.data[0].id})

    assert [intent.id for intent in first.data] == made[:2:-1]
    assert [intent.id for intent in second.data] == made[2:0:-1]
    assert [intent.id for intent in back.data] == made[:2:-1]
    assert (first.has_more, second.has_more, back.has_more) == (True, True, False)
    assert [intent.id for intent in client.v1.payment_intents.list({"limit": 2}).auto_paging_iter()] == made[
        ::-1
    ]


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 0},
        {"limit": 101},
        {"starting_after": "pi_none"},
        {"created": {"around": 5}},
        {"created": "soon"},
    ],
)
def test_a_list_that_cannot_be_is_refused(client, params):
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.list(params)


def test_created_bounds_are_whole_seconds(client, plain, pay):
    early = pay()
    plain("POST", "/sandbox/clock", {"advance_seconds": 100})
    late = pay()

    def listed(**bounds):
        return [intent.id for intent in client.v1.payment_intents.list({"created": bounds}).data]

    assert listed(gte=late.created) == [late.id]
    assert listed(gt=early.created) == [late.id]
    assert listed(lt=late.created) == [early.id]
    assert listed(lte=early.created) == [early.id]
    assert client.v1.payment_intents.list({"created": early.created}).data[0].id == early.id


def test_search_by_metadata_status_and_amount(client, pay):
    first = pay(metadata={"order": "7", "shop": "a"})
    second = pay(metadata={"order": "8", "shop": "a"}, amount=5000)
    held = pay(metadata={"order": "7", "shop": "b"}, capture_method="manual")

    def found(query):
        return [intent.id for intent in client.v1.payment_intents.search({"query": query}).data]

    assert found("metadata['order']:'7'") == [held.id, first.id]
    assert found('metadata["order"]:"7" AND status:"succeeded"') == [first.id]
    assert found("metadata['shop']:'a' AND -metadata['order']:'8'") == [first.id]
    assert found("amount>1000") == [second.id]
    assert found("status:'requires_capture' OR amount>=5000") == [held.id, second.id]
    assert found("metadata['order']:null") == []
    assert found("metadata['order']:'9'") == []
    charges = client.v1.charges.search({"query": "metadata['order']:'8'"}).data
    assert [charge.payment_intent for charge in charges] == [second.id]


def test_search_pages_on(client, pay):
    made = [pay(metadata={"shop": "a"}).id for _ in range(3)]
    query = {"query": "metadata['shop']:'a'", "limit": 2}

    first = client.v1.payment_intents.search(query)
    second = client.v1.payment_intents.search(query | {"page": first.next_page})

    assert [intent.id for intent in (*first.data, *second.data)] == made[::-1]
    assert (first.has_more, second.has_more, second.next_page) == (True, False, None)


@pytest.mark.parametrize("query", ["", "status", "status:'a' AND amount>1 OR amount<2", "metadata[order]:'7"])
def test_an_unreadable_query_is_refused(client, query):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.search({"query": query})

    assert refusal.value.param == "query"


def test_search_sees_only_the_own_account(connect, pay):
    pay(metadata={"order": "7"})

    stranger = connect(key="sk_test_second")

    assert stranger.v1.payment_intents.search({"query": "metadata['order']:'7'"}).data == []


def test_expansion_reaches_through_lists_and_refuses_what_is_no_object(client, pay):
    paid = pay()

    listed = client.v1.charges.list({"expand": ["data.balance_transaction", "data.payment_intent"]}).data[0]
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.retrieve(paid.id, {"expand": ["currency"]})

    assert (listed.balance_transaction.net, listed.payment_intent.id) == (941, paid.id)
    assert refusal.value.param == "expand"


def test_balance_transactions_become_available_after_two_days(client, plain, pay):
    pay()
    assert client.v1.balance_transactions.list().data[0].status == "pending"
    assert [part.amount for part in client.v1.balance.retrieve().pending] == [941]

    plain("POST", "/sandbox/clock", {"advance_seconds": 2 * 24 * 3600})

    assert client.v1.balance_transactions.list({"type": "charge"}).data[0].status == "available"
    assert [part.amount for part in client.v1.balance.retrieve().available] == [941]


def test_customers_are_found_by_email_and_gone_once_deleted(client):
    customer = client.v1.customers.create({"email": "a@example.com", "metadata": {"ours": "c1"}})
    client.v1.customers.create({"email": "b@example.com"})

    assert [found.id for found in client.v1.customers.list({"email": "a@example.com"}).data] == [customer.id]
    assert client.v1.customers.search({"query": "metadata['ours']:'c1'"}).data[0].id == customer.id
    assert client.v1.customers.delete(customer.id).deleted is True
    assert client.v1.customers.retrieve(customer.id).deleted is True
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.update(customer.id, {"name": "x"})
    assert client.v1.customers.list({"email": "a@example.com"}).data == []
