"""Ids: UUIDv7 keys shown as prefix + base62."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.ids import PublicIdInvalid, decode_id, derive_id, encode_id, new_id


def test_new_ids_are_of_version_7_and_sort_by_the_time_they_were_made() -> None:
    made = [new_id() for _ in range(1_000)]

    assert {value.version for value in made} == {7}
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_the_public_form_is_the_prefix_and_22_base62_digits() -> None:
    assert encode_id("pi", UUID(int=0)) == "pi_" + "0" * 22
    assert encode_id("pi", UUID(int=61)) == "pi_" + "0" * 21 + "z"
    assert encode_id("acct", UUID(int=2**128 - 1)) == "acct_7n42DGM5Tflk9n8mt7Fhc7"


@given(st.uuids())
def test_what_is_encoded_decodes_to_itself(value: UUID) -> None:
    assert decode_id("ch", encode_id("ch", value)) == value


@given(st.uuids(), st.uuids())
def test_public_ids_sort_as_their_rows_do(left: UUID, right: UUID) -> None:
    assert (encode_id("pi", left) < encode_id("pi", right)) == (left < right)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pi",
        "pi_",
        "0" * 22,
        "re_" + "0" * 22,
        "pi_" + "0" * 21,
        "pi_" + "0" * 23,
        "pi_" + "0" * 21 + "-",
        "pi_" + "0" * 21 + "é",
        "pi_" + "z" * 22,
        "PI_" + "0" * 22,
        " pi_" + "0" * 22,
    ],
)
def test_anything_else_is_no_id_of_that_kind(text: str) -> None:
    with pytest.raises(PublicIdInvalid):
        decode_id("pi", text)


@given(st.text(max_size=40))
def test_no_text_from_outside_makes_decoding_fail_otherwise(text: str) -> None:
    try:
        value = decode_id("pi", text)
    except PublicIdInvalid:
        return
    assert encode_id("pi", value) == text


@given(st.integers(min_value=0, max_value=1 << 32))
def test_derived_id_is_the_same_again_of_the_same_instant_and_nobody_elses(number: int) -> None:
    base = new_id()

    derived = derive_id(base, number)

    assert derived == derive_id(base, number)
    assert (derived.version, derived.variant, derived.int >> 80) == (7, base.variant, base.int >> 80)
    assert len({derived, base, derive_id(base, number + 1), derive_id(new_id(), number)}) == 4
