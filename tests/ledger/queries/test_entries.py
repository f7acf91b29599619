"""Entries with their lines, by id, source and reference."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.errors import ResourceMissing
from foundation.ids import new_id
from foundation.tenancy.models import Merchant
from ledger.queries.entries import (
    find_entry_by_reference,
    get_entry,
    list_entries_by_ids,
    list_entries_of_source,
)
from tests.ledger.books import captured, hold, post, settle, usd

pytestmark = pytest.mark.django_db


def test_the_entries_of_a_source_come_in_order_with_the_memo_entries_of_its_holds(merchant: Merchant) -> None:
    source_id = new_id()
    hold(merchant_id=merchant.id, reference="auth:1", amount_minor=1000, source_id=source_id)
    settle(merchant_id=merchant.id, hold_reference="auth:1", reference="capture:1", amount_minor=600)
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(600), source_id=source_id)
    post(merchant_id=merchant.id, reference="capture:2", lines=captured(5), source_id=new_id())

    entries = list_entries_of_source(merchant.id, "payment_intent", source_id)

    assert [(e.kind, e.lines[0].amount) for e in entries] == [
        ("hold_opened", usd(1000)),
        ("hold_posted", usd(-600)),
        ("hold_released", usd(-400)),
        ("capture", usd(600)),
    ]


def test_any_number_of_entries_costs_two_queries(merchant: Merchant, django_assert_num_queries: Any) -> None:
    ids = [
        post(merchant_id=merchant.id, reference=f"capture:{n}", lines=captured(n + 1)).id for n in range(5)
    ]

    with django_assert_num_queries(2):
        entries = list_entries_by_ids(merchant.id, reversed(ids))

    assert [e.id for e in entries] == ids
    assert [e.lines[0].amount for e in entries] == [usd(n + 1) for n in range(5)]


def test_another_merchants_entries_are_not_seen(merchant: Merchant, other_merchant: Merchant) -> None:
    source_id = new_id()
    theirs = post(
        merchant_id=other_merchant.id, reference="capture:1", lines=captured(600), source_id=source_id
    )

    assert list_entries_by_ids(merchant.id, [theirs.id]) == []
    assert list_entries_of_source(merchant.id, "payment_intent", source_id) == []
    assert find_entry_by_reference(merchant.id, "capture:1") is None
    with pytest.raises(ResourceMissing):
        get_entry(merchant.id, theirs.id)


def test_an_entry_is_found_by_its_reference(merchant: Merchant) -> None:
    posted = post(merchant_id=merchant.id, reference="capture:1", lines=captured(600))

    found = find_entry_by_reference(merchant.id, "capture:1")

    assert found is not None
    assert found.id == posted.id
