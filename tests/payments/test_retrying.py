"""Whether a card may be tried once more, by the networks' rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from payments.declines import HARD_DECLINES
from payments.retrying import DeclineCategory, Permit, decline_category, may_try_again

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NOT_NOW = DeclineCategory.NOT_NOW


def ago(**parts: float) -> datetime:
    return NOW - timedelta(**parts)


def every(count: int, *, within_hours: float) -> list[datetime]:
    """`count` tries, evenly spread over the last hours; the oldest just inside."""
    return [ago(hours=within_hours * (one + 0.5) / count) for one in range(count)]


@pytest.mark.parametrize(
    ("network", "advice", "category", "tries", "expected"),
    [
        ("visa", "", NOT_NOW, [], Permit(True, "within_caps")),
        ("visa", "", DeclineCategory.NEVER, [], Permit(False, "issuer_never_approves")),
        ("visa", "", DeclineCategory.CORRECT_FIRST, [], Permit(True, "within_caps")),
        ("visa", "", NOT_NOW, every(14, within_hours=720), Permit(True, "within_caps")),
        ("visa", "", NOT_NOW, [ago(days=31)] * 40, Permit(True, "within_caps")),
        ("visa", "", NOT_NOW, [ago(days=30)] * 15, Permit(True, "within_caps")),
        (
            "visa",
            "",
            NOT_NOW,
            [ago(days=29)] * 15,
            Permit(False, "visa_15_in_30_days", NOW + timedelta(days=1)),
        ),
        (
            "visa",
            "",
            NOT_NOW,
            [ago(days=29), *[ago(days=2)] * 15],
            Permit(False, "visa_15_in_30_days", NOW + timedelta(days=28)),
        ),
        ("mastercard", "", NOT_NOW, every(9, within_hours=24), Permit(True, "within_caps")),
        ("mastercard", "", NOT_NOW, [ago(hours=24)] * 10, Permit(True, "within_caps")),
        (
            "mastercard",
            "",
            NOT_NOW,
            [ago(hours=23)] * 10,
            Permit(False, "mastercard_10_in_24_hours", NOW + timedelta(hours=1)),
        ),
        ("mastercard", "", NOT_NOW, [ago(days=3)] * 34, Permit(True, "within_caps")),
        (
            "mastercard",
            "",
            NOT_NOW,
            [ago(days=3)] * 35,
            Permit(False, "mastercard_35_in_30_days", NOW + timedelta(days=27)),
        ),
        ("mastercard", "03", NOT_NOW, [], Permit(False, "advice_03")),
        ("mastercard", "21", DeclineCategory.OTHER, [], Permit(False, "advice_21")),
        ("mastercard", "02", NOT_NOW, [ago(minutes=1)], Permit(True, "within_caps")),
        (
            "mastercard",
            "24",
            NOT_NOW,
            [ago(hours=5), ago(minutes=59)],
            Permit(False, "advice_24", NOW + timedelta(minutes=1)),
        ),
        ("mastercard", "24", NOT_NOW, [ago(hours=1)], Permit(True, "within_caps")),
        (
            "mastercard",
            "30",
            NOT_NOW,
            [ago(days=9)],
            Permit(False, "advice_30", NOW + timedelta(days=1)),
        ),
        ("mc", "", NOT_NOW, [ago(hours=1)] * 10, Permit(False, "mastercard_10_in_24_hours", ago(hours=-23))),
        ("amex", "", NOT_NOW, [ago(hours=1)] * 10, Permit(False, "network_10_in_24_hours", ago(hours=-23))),
        ("", "", NOT_NOW, [ago(days=2)] * 15, Permit(False, "network_15_in_30_days", ago(days=-28))),
        # Advice to stop outweighs everything: nothing is said of a later day.
        ("visa", "03", NOT_NOW, [ago(days=29)] * 15, Permit(False, "advice_03")),
    ],
)
def test_a_try_is_allowed_within_the_networks_caps_only(
    network: str, advice: str, category: DeclineCategory, tries: list[datetime], expected: Permit
) -> None:
    assert may_try_again(network, advice, category, tries, NOW) == expected


@pytest.mark.parametrize("code", sorted(HARD_DECLINES - {"authentication_required"}))
def test_a_hard_decline_is_of_the_category_that_is_never_tried_again(code: str) -> None:
    assert decline_category("card_declined", code) is DeclineCategory.NEVER


@pytest.mark.parametrize(
    ("code", "decline_code", "category"),
    [
        ("card_declined", "insufficient_funds", NOT_NOW),
        ("expired_card", "", DeclineCategory.CORRECT_FIRST),
        ("authentication_required", "authentication_required", DeclineCategory.CORRECT_FIRST),
        ("card_declined", "never_heard_of", DeclineCategory.OTHER),
        ("psp_refused", "", DeclineCategory.OTHER),
    ],
)
def test_a_decline_is_sorted_by_its_decline_code_and_else_by_its_code(
    code: str, decline_code: str, category: DeclineCategory
) -> None:
    assert decline_category(code, decline_code) is category


def test_the_day_on_which_a_cap_leaves_room_is_really_free() -> None:
    tries = [ago(days=29), *every(20, within_hours=600)]
    refusal = may_try_again("visa", "", NOT_NOW, tries, NOW)
    assert refusal.not_before is not None

    assert may_try_again("visa", "", NOT_NOW, tries, refusal.not_before).allowed
    assert not may_try_again(
        "visa", "", NOT_NOW, tries, refusal.not_before - timedelta(microseconds=1)
    ).allowed
