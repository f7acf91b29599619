"""How values look."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from foundation import clock
from foundation.backoffice.display import actor_words, badge, instant, json_block, readable
from foundation.money import Money


@pytest.mark.parametrize(
    ("money", "words"),
    [
        (Money(123_450, "usd"), "1,234.50 USD"),
        (Money(1_000_000, "jpy"), "1,000,000 JPY"),
        (Money(1_234, "kwd"), "1.234 KWD"),
        (Money(-5, "eur"), "-0.05 EUR"),
    ],
)
def test_money_has_grouped_digits_and_its_code(money: Money, words: str) -> None:
    assert readable(money) == words


def test_an_instant_is_in_the_persons_zone_with_utc_on_hover() -> None:
    with timezone.override(ZoneInfo("Asia/Kolkata")):
        shown = instant(datetime(2025, 11, 20, 20, 0, 5, tzinfo=UTC))

    assert "21 Nov 2025, 01:30:05" in shown
    assert 'title="2025-11-20 20:00:05 UTC"' in shown


def test_what_comes_from_outside_is_escaped() -> None:
    assert "<script>" not in badge("<script>", "bad")
    assert "<script>" not in json_block({"name": "<script>"})


def test_an_unknown_tone_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no tone"):
        badge("Paid", "green")


def test_an_instant_of_this_year_leaves_the_year_out() -> None:
    now = clock.now()

    assert f">{now:%-d %b}, " in instant(now)


def test_json_hides_what_opens_doors_however_deep_it_lies() -> None:
    shown = json_block({"data": [{"client_secret": "pi_1_secret_2", "amount": 100}]})

    assert "pi_1_secret_2" not in shown
    assert "(hidden)" in shown
    assert "100" in shown


@pytest.mark.parametrize(
    ("actor", "words"),
    [
        ("staff:ada", "ada"),
        ("api_key:01890000-0000-7000-8000-000000000001", "API key"),
        ("job:payments.execute_refund", "job: execute refund"),
        ("beat", "schedule"),
        ("", "–"),
    ],
)
def test_an_actor_is_named_as_people_say_it(actor: str, words: str) -> None:
    assert actor_words(actor) == words
