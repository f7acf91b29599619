"""Search queries in Stripe's language, run against real rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import DomainError
from foundation.http.search import Kind, SearchField, search_filter
from foundation.tenancy.models import Merchant

FIELDS = {
    "name": SearchField("name", Kind.TEXT),
    "currency": SearchField("default_currency", Kind.WORD),
    "created": SearchField("created_at", Kind.TIMESTAMP),
    "size": SearchField("name_length", Kind.NUMBER),
    "platform": SearchField("platform_id", Kind.ID, prefix="acct"),
    "metadata": SearchField("metadata", Kind.METADATA),
}
NOON = datetime(2026, 11, 20, 12, 0, 0, 500_000, tzinfo=UTC)
NOON_SECONDS = int(NOON.timestamp())


@pytest.fixture
def shops(db: None) -> dict[str, Merchant]:
    bakery = Merchant.objects.create(
        name="Bakery", default_currency="usd", created_at=NOON, metadata={"order id": "6735", "a": 'say "hi"'}
    )
    florist = Merchant.objects.create(
        name="The Florist",
        default_currency="eur",
        created_at=NOON + timedelta(seconds=1),
        platform=bakery,
        metadata={"a__b": "uvwxyz", "city": "Berlin"},
    )
    return {"Bakery": bakery, "The Florist": florist}


def names(query: str) -> list[str]:
    return sorted(Merchant.objects.filter(search_filter(query, FIELDS)).values_list("name", flat=True))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("currency:'usd'", ["Bakery"]),
        ('currency:"usd"', ["Bakery"]),
        ("currency:usd", ["Bakery"]),
        ("-currency:'usd'", ["The Florist"]),
        ("name:'bakery'", ["Bakery"]),
        ("name~'flor'", ["The Florist"]),
        ("name:'flor'", []),
        ("currency:'usd' AND name:'bakery'", ["Bakery"]),
        ("currency:'usd' and name:'florist'", []),
        ("currency:'usd' name:'bakery'", ["Bakery"]),
        ("currency:'usd' OR currency:'eur'", ["Bakery", "The Florist"]),
        ("metadata['order id']:'6735'", ["Bakery"]),
        ('metadata["a"]:\'say "hi"\'', ["Bakery"]),
        ('metadata["a"]:"say \\"hi\\""', ["Bakery"]),
        ("metadata['city']:null", ["Bakery"]),
        ("-metadata['city']:null", ["The Florist"]),
        ("metadata['city']~'erli'", ["The Florist"]),
        ("metadata['a__b']:'uvwxyz'", ["The Florist"]),
        ("metadata['a__b']~'xyz'", ["The Florist"]),
        ("metadata['nothing_']~'xyz'", []),
        ("platform:null", ["Bakery"]),
        ("platform:'acct_1'", []),
        (f"created:{NOON_SECONDS}", ["Bakery"]),
        (f"created>{NOON_SECONDS}", ["The Florist"]),
        (f"created>={NOON_SECONDS}", ["Bakery", "The Florist"]),
        (f"created<={NOON_SECONDS}", ["Bakery"]),
        (f"created<{NOON_SECONDS}", []),
    ],
)
def test_a_query_finds_just_the_rows_it_describes(
    shops: dict[str, Merchant], query: str, found: list[str]
) -> None:
    assert names(query) == found


def test_an_id_is_compared_decoded(shops: dict[str, Merchant]) -> None:
    assert names(f"platform:'{shops['Bakery'].public_id}'") == ["The Florist"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "bakery",
        "currency",
        "currency:",
        "currency:'usd",
        "secret:'x'",
        "currency>'usd'",
        "created:'yesterday'",
        "created>-5",
        "metadata:'x'",
        "name['x']:'y'",
        "metadata['a']>5",
        "name~'ab'",
        "currency:'usd' AND currency:'eur' OR name:'x'",
        "currency:'usd' AND",
        "currency:'usd'AND currency:'eur'",
        " AND ".join(["currency:'usd'"] * 11),
        "password__startswith:'x'",
    ],
)
def test_what_is_no_query_is_refused(query: str) -> None:
    with pytest.raises(DomainError) as refusal:
        search_filter(query, FIELDS)

    assert (refusal.value.code, refusal.value.param) == ("search_query_invalid", "query")


@given(st.text(alphabet="abcurrency:'\"\\[]<>=~-0159 ANDOR", max_size=60))
def test_no_text_raises_anything_but_a_refusal(query: str) -> None:
    try:
        search_filter(query, FIELDS)
    except DomainError as refusal:
        assert refusal.code == "search_query_invalid"
