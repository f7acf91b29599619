"""Which sales of the demo are disputed: the same in every run, and every course in a short one."""

from __future__ import annotations

from payments_site.demo.disputing import ANSWERS, COURSES, plan_claims
from payments_site.demo.orders import load_shop_day


def test_a_longer_day_disputes_the_same_sales_in_the_same_way() -> None:
    short, long = (
        plan_claims(load_shop_day(limit=limit, orders_csv="", refunds_csv="").orders)
        for limit in (200, 1_000)
    )

    assert long[: len(short)] == short
    assert len(long) == 16


def test_a_day_of_200_orders_shows_every_course() -> None:
    claims = plan_claims(load_shop_day(limit=200, orders_csv="", refunds_csv="").orders)

    assert [(claim.token, claim.answer) for claim in claims] == COURSES
    assert {claim.answer for claim in claims} == set(ANSWERS)
