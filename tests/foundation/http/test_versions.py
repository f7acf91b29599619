"""A shape is taken back from release to release, down to the one asked for."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from foundation.http.versions import RELEASES, Steps, in_version


def rename_sum(shape: dict[str, Any]) -> None:
    shape["amount"] = shape.pop("sum")


def split_name(shape: dict[str, Any]) -> None:
    shape["first"], _, shape["last"] = shape.pop("name").partition(" ")


RELEASED: list[tuple[str, Steps]] = [("v3", {"payment": rename_sum}), ("v2", {"customer": split_name})]


def shape() -> dict[str, Any]:
    customer = {"object": "customer", "name": "Ada Lovelace"}
    return {
        "object": "list",
        "data": [{"object": "payment", "sum": 5, "customer": customer}, {"object": "refund", "sum": 7}],
    }


@pytest.mark.parametrize(
    ("version", "payment"),
    [
        ("v3", {"object": "payment", "sum": 5, "customer": {"object": "customer", "name": "Ada Lovelace"}}),
        (
            "v2",
            {"object": "payment", "amount": 5, "customer": {"object": "customer", "name": "Ada Lovelace"}},
        ),
        (
            "v1",
            {
                "object": "payment",
                "amount": 5,
                "customer": {"object": "customer", "first": "Ada", "last": "Lovelace"},
            },
        ),
    ],
)
def test_each_version_gets_the_fields_it_had(version: str, payment: dict[str, Any]) -> None:
    data = in_version(shape(), version, RELEASED)["data"]

    assert data == [payment, {"object": "refund", "sum": 7}]


def test_every_served_version_but_the_oldest_says_how_to_go_back() -> None:
    assert [release for release, _ in RELEASES] == settings.API_VERSIONS[:-1]
