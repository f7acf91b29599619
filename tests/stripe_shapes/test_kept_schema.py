"""What is kept of Stripe's schema and requests is what ../shared holds of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.stripe_shapes import corpus, trimming, validate_stripe
from tests.stripe_shapes.validate_stripe import Checker

WHOLE = trimming.SHARED


@pytest.fixture(autouse=True)
def _whole() -> None:
    if not WHOLE.exists():
        pytest.skip(f"Stripe's whole schema is not beside this checkout: {WHOLE}")


def test_the_kept_schema_is_the_whole_one_trimmed_to_what_we_serve() -> None:
    whole = json.loads(trimming.WHOLE_SCHEMA.read_text())

    assert trimming.KEPT_SCHEMA.read_text() == trimming.as_text(trimming.trimmed(whole))


@pytest.mark.parametrize("kind", trimming.SERVED)
def test_the_kept_schema_misses_what_the_whole_one_misses(kind: str) -> None:
    shape = {"object": kind.removeprefix("deleted_"), "surprise": 1} | (
        {"deleted": True} if kind.startswith("deleted_") else {}
    )

    kept, whole = Checker(schema=str(trimming.KEPT_SCHEMA)), Checker(schema=str(trimming.WHOLE_SCHEMA))

    assert kept.errors(shape) == whole.errors(shape)
    assert len(kept.errors(shape)) >= 2


def test_the_validator_and_the_requests_are_those_of_the_shared_folder() -> None:
    ours = Path(validate_stripe.__file__).read_text().removeprefix("# ruff: noqa\n# fmt: off\n")
    theirs = (WHOLE / "validate_stripe.py").read_text().removeprefix("#!/usr/bin/env python3\n")

    assert ours == theirs
    assert corpus() == [tuple(row) for row in json.loads((WHOLE / "request_corpus.json").read_text())]
