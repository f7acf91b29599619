"""Counting no further than people read."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.backoffice.paginator import CappedPaginator
from foundation.tenancy.models import Merchant


@pytest.fixture
def merchants(db: None) -> None:
    Merchant.objects.bulk_create([Merchant(name=f"Shop {n}", default_currency="usd") for n in range(7)])


def test_a_short_list_is_counted_exactly(merchants: None) -> None:
    pages = CappedPaginator(Merchant.objects.order_by("id"), 3)

    assert (pages.count, pages.count_label, pages.num_pages) == (7, "7", 3)


class CappedAtFive(CappedPaginator):
    count_cap = 5


def test_a_long_list_stops_counting_and_says_so(merchants: None) -> None:
    pages = CappedAtFive(Merchant.objects.order_by("id"), 2)

    assert (pages.count, pages.count_label, pages.num_pages) == (5, "5+", 3)


def test_the_count_reads_one_row_beyond_the_cap_at_most(
    merchants: None, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1) as asked:
        CappedPaginator(Merchant.objects.order_by("name"), 2).count_label  # noqa: B018

    assert "LIMIT 10001" in asked.captured_queries[0]["sql"]
    assert "ORDER BY" not in asked.captured_queries[0]["sql"]
