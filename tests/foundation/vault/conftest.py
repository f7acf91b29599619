"""Key-encryption keys to rotate between, and the commands an operator runs."""

from __future__ import annotations

import base64
import io
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command

from foundation.vault import data_keys
from foundation.vault.wrapping import key_id_of


def new_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def id_of(key: str) -> str:
    return key_id_of(base64.urlsafe_b64decode(key))


def run(command: str, *arguments: str) -> dict[str, Any]:
    output = io.StringIO()
    call_command(command, *arguments, stdout=output)
    answer: dict[str, Any] = json.loads(output.getvalue())
    return answer


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    data_keys.forget_open_keys()
    yield
    data_keys.forget_open_keys()
