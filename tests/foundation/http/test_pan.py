"""Card numbers are found wherever people put them, and other numbers are left alone."""

from __future__ import annotations

import pytest

from foundation.http.pan import find_pan, is_pan, mask_pans


@pytest.mark.parametrize(
    "number",
    [
        "4242424242424242",  # Visa
        "4222222222222",  # Visa, 13 digits
        "5555555555554444",  # Mastercard
        "2223003122003222",  # Mastercard, second range
        "378282246310005",  # American Express
        "6011111111111117",  # Discover
        "3566002020360505",  # JCB
        "30569309025904",  # Diners Club
        "36227206271667",
        "6200000000000005",  # UnionPay
        "6759649826438453",  # Maestro
    ],
)
def test_published_test_numbers_of_each_scheme_are_card_numbers(number: str) -> None:
    assert is_pan(number)
    assert find_pan(f"pay with {number}, thanks")


@pytest.mark.parametrize(
    "text",
    [
        "4242 4242 4242 4242",
        "4242-4242-4242-4242",
        "4242 4242 4242 4242 12/30 123",
        "order 1234 4242 4242 4242 4242",
        "1 4242424242424242",
        "card:4242424242424242;",
        "number=4242424242424242&x=1",
        "4242\u00a04242\u00a04242\u00a04242",
        "4242–4242–4242–4242",
        "4242 - 4242 - 4242 - 4242".replace(" - ", " -"),
        "pm_4242424242424242",
        '"4242424242424242"',
    ],
)
def test_a_card_number_is_found_between_other_characters(text: str) -> None:
    assert find_pan(text)


@pytest.mark.parametrize(
    "text",
    [
        "4242424242424241",  # the last digit is wrong
        "1732109876543",  # milliseconds
        "1234567890123452",  # right Luhn digit, no issuer
        "424242424242424",  # too short for its issuer
        "42424242424242424242",  # too long
        "x4242424242424242",  # inside a longer token
        "4242424242424242x",
        "pi_0350tCsG3vcq8XisxGu6yx",
        "01939c6e-4242-4424-8242-424242424242",
        "41111111-1111-1111-9111-111111111111",  # a UUID of digits alone
        "+4915123456789",
        "+4242424242424242",
        "",
        "4",
    ],
)
def test_what_is_no_card_number_is_left_alone(text: str) -> None:
    assert not find_pan(text)


def test_masking_keeps_the_last_four_digits_and_everything_around() -> None:
    text = "first 4242 4242 4242 4242 then 5555555555554444, phone +4915123456789"

    assert mask_pans(text) == "first [card ending 4242] then [card ending 4444], phone +4915123456789"


def test_a_megabyte_of_digits_and_spaces_is_searched_in_linear_time() -> None:
    assert not find_pan("1 " * 500_000)
    assert not find_pan("1" * 1_000_000)
