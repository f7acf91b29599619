"""What the outage drill makes of the payments it noted: the dip, the probes, the way back."""

from __future__ import annotations

from typing import Any

import pytest

from payments_site.drill.figures import Course, by_second, figures_of, is_good
from payments_site.drill.load import Payment

FIRST, SECOND = "Stripe face", "Adyen face"
COURSE = Course(down_at=10.0, healed_at=30.0, opened_at=14.5, closed_at=45.0)


class Noted:
    """Payments and where each was asked for last."""

    def __init__(self) -> None:
        self.payments: list[Payment] = []
        self.accounts: dict[str, str] = {}

    def pays(self, began: float, account: str, status: str = "succeeded", *, takes: float = 0.2) -> None:
        intent = f"pi_{len(self.payments)}"
        self.payments.append(Payment(began, began + takes, status, intent))
        self.accounts[intent] = account

    def figures(self, course: Course = COURSE) -> dict[str, Any]:
        return figures_of(self.payments, self.accounts, course, failing=FIRST)


@pytest.fixture
def noted() -> Noted:
    """Ten seconds at the first, four in doubt as it falls silent, then the second, then the first again."""
    noted = Noted()
    for tenths in range(0, 98, 5):
        noted.pays(tenths / 10, FIRST)
    for began in (9.9, 10.0, 10.1, 10.4):
        noted.pays(began, FIRST, "processing", takes=8.1)
    for tenths in range(105, 300, 5):
        noted.pays(tenths / 10, SECOND)
    noted.pays(45.0, FIRST)
    return noted


def test_the_dip_lasts_to_the_last_payment_begun_in_it(noted: Noted) -> None:
    figures = noted.figures()

    assert figures["rate_before_percent"] == 100
    assert (figures["dip_seconds"], figures["payments_missed_in_dip"]) == (0.4, 4)
    assert (figures["of_these_in_doubt"], figures["last_of_these_answered_after_seconds"]) == (4, 8.5)
    assert (figures["breaker_opened_after_seconds"], figures["back_after_seconds"]) == (4.5, 15.0)
    assert figures["to_the_other_after_dip_percent"] == 100
    assert is_good(figures)


def test_a_probe_that_meets_silence_is_counted_by_itself_and_belongs_to_no_dip(noted: Noted) -> None:
    noted.pays(29.5, FIRST, "processing", takes=8)

    figures = noted.figures()

    assert (figures["dip_seconds"], figures["probes_in_vain"]) == (0.4, 1)
    assert is_good(figures)


@pytest.mark.parametrize("status", ["card_declined", "ConnectionError", "processing"])
def test_whatever_else_is_missed_belongs_to_the_dip_which_may_then_be_too_long(
    noted: Noted, status: str
) -> None:
    noted.pays(20.0, SECOND, status)

    figures = noted.figures()

    assert figures["dip_seconds"] == 10.0
    assert not is_good(figures)


def test_what_still_went_to_the_failing_one_is_not_all_to_the_other(noted: Noted) -> None:
    noted.pays(12.0, FIRST)

    figures = noted.figures()

    assert figures["to_the_other_after_dip_percent"] == pytest.approx(97.5)
    assert not is_good(figures)


@pytest.mark.parametrize(("opened_at", "closed_at"), [(None, 45.0), (14.5, None)])
def test_a_breaker_that_never_opened_or_never_closed_is_not_good(
    noted: Noted, opened_at: float | None, closed_at: float | None
) -> None:
    assert not is_good(noted.figures(Course(10.0, 30.0, opened_at, closed_at)))


def test_each_second_tells_how_many_began_were_authorized_and_where_they_went(noted: Noted) -> None:
    rows = {row["second"]: row for row in by_second(noted.payments, noted.accounts)}

    assert rows[10] == {
        "second": 10,
        "begun": 4,
        "authorized": 1,
        "in_doubt": 3,
        "to": {FIRST: 3, SECOND: 1},
        "rate_percent": 25.0,
    }
    assert rows[20]["rate_percent"] == 100
