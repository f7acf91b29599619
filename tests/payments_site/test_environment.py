"""Settings from the environment: every name explained, every mistake one clear sentence."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from payments_site.settings.environment import (
    KNOWN_SETTINGS,
    REQUIRED_ANYWHERE,
    REQUIRED_IN_PRODUCTION,
    refuse_bad_environment,
)

CHECKOUT = Path(__file__).resolve().parents[2]
COMPLETE = dict.fromkeys(REQUIRED_IN_PRODUCTION, "x")


def test_the_example_explains_exactly_the_settings_there_are() -> None:
    text = (CHECKOUT / ".env.example").read_text()

    names = re.findall(r"^#?([A-Z_0-9]+)=", text, re.MULTILINE)

    assert sorted(names) == sorted(KNOWN_SETTINGS)
    for block in re.findall(r"(?:^#?[A-Z_0-9]+=.*\n)+", text, re.MULTILINE):
        above = text[: text.index(block)].splitlines()[-1]
        assert above.startswith("# "), f"nothing explains {block}"


def test_the_example_itself_is_accepted(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text((CHECKOUT / ".env.example").read_text())

    refuse_bad_environment(COMPLETE, required=REQUIRED_IN_PRODUCTION, dotenv=dotenv)


@pytest.mark.parametrize("name", REQUIRED_ANYWHERE)
def test_a_required_setting_that_is_missing_or_empty_is_named(name: str) -> None:
    for variables in ({**COMPLETE, name: ""}, {key: "x" for key in COMPLETE if key != name}):
        with pytest.raises(ImproperlyConfigured) as refusal:
            refuse_bad_environment(variables, required=REQUIRED_ANYWHERE)
        assert str(refusal.value) == f"Set {name} in the environment: .env.example explains each."


def test_all_missing_settings_are_named_at_once() -> None:
    with pytest.raises(ImproperlyConfigured, match="Set SECRET_KEY, DATABASE_URL, REDIS_URL, VAULT_KEYS"):
        refuse_bad_environment({}, required=REQUIRED_IN_PRODUCTION)


def test_an_unknown_name_in_the_file_is_refused_with_what_was_meant(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("SECRET_KEY=x\nVAULT_KEY=y\n")

    with pytest.raises(ImproperlyConfigured) as refusal:
        refuse_bad_environment(COMPLETE, required=REQUIRED_ANYWHERE, dotenv=dotenv)

    assert str(refusal.value) == (
        "VAULT_KEY in .env is no setting of this project;"
        " did you mean VAULT_KEYS? .env.example explains each."
    )


def test_a_misspelt_variable_is_warned_of_and_foreign_ones_are_left_alone() -> None:
    variables = {
        **COMPLETE,
        "WEBHOOK_ALLOW_PRIVATE_NETWORK": "1",
        "REDIS_PORT": "tcp://10.0.0.1",
        "HOME": "/root",
    }

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        refuse_bad_environment(variables, required=REQUIRED_ANYWHERE)

    assert [str(warning.message) for warning in caught] == [
        "WEBHOOK_ALLOW_PRIVATE_NETWORK is no setting of this project;"
        " did you mean WEBHOOK_ALLOW_PRIVATE_NETWORKS? .env.example explains each."
    ]
