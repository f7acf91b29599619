"""Error codes: claimed once, well formed, documented."""

from __future__ import annotations

import ast
import re
from collections import defaultdict

from tests.architecture.error_table import PAGE, describe, registered_errors
from tests.architecture.golden import assert_is_current
from tests.architecture.source import Module, all_modules

TYPES = {"api_error", "card_error", "idempotency_error", "invalid_request_error"}


def claims(module: Module) -> list[tuple[str, str]]:
    """(code, place) of every `code = "…"` in a class of the file."""
    return [
        (statement.value.value, f"{module.path}:{statement.lineno} {node.name}")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
        for statement in node.body
        if isinstance(statement, ast.Assign)
        and ast.unparse(statement.targets[0]) == "code"
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    ]


def claimed_twice(modules: list[Module]) -> dict[str, list[str]]:
    places: dict[str, list[str]] = defaultdict(list)
    for module in modules:
        for code, place in claims(module):
            places[code].append(place)
    return {code: found for code, found in places.items() if len(found) > 1}


def test_every_code_is_claimed_by_one_class() -> None:
    """The register itself cannot tell two classes of the same name in two apps apart."""
    vocabularies = [module for module in all_modules() if module.is_ours and module.parts[-1] == "errors"]

    assert vocabularies
    assert claimed_twice(vocabularies) == {}


def test_a_code_claimed_in_two_apps_is_found() -> None:
    text = 'class Missing(DomainError):\n    code = "missing"\n'

    found = claimed_twice([Module("payments/errors.py", text), Module("disputes/errors.py", text)])

    assert found == {"missing": ["payments/errors.py:2 Missing", "disputes/errors.py:2 Missing"]}


def unused(modules: list[Module]) -> list[str]:
    """Errors that nobody names outside the line that defines them."""
    defined = {
        node.name
        for module in modules
        if module.parts[-1] == "errors"
        for node in module.tree.body
        if isinstance(node, ast.ClassDef)
    }
    named = {
        node.id if isinstance(node, ast.Name) else node.attr
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Name | ast.Attribute)
    }
    return sorted(defined - named)


def test_every_error_is_raised_somewhere() -> None:
    assert unused([module for module in all_modules() if module.is_ours]) == []


def test_an_error_that_nobody_raises_is_found() -> None:
    vocabulary = Module(
        "payments/errors.py", "class Raised(DomainError): ...\nclass Idle(DomainError): ...\n"
    )
    operation = Module("payments/operations/x.py", "from payments import errors\nraise errors.Raised()\n")

    assert unused([vocabulary, operation]) == ["Idle"]


def test_every_error_is_well_formed() -> None:
    for error in registered_errors():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", error.code), error
        assert error.error_type in TYPES, error
        assert 400 <= error.http_status < 600, error
        assert (error.error_type == "card_error") == (error.http_status == 402), error
        assert (error.error_type == "api_error") == (error.http_status >= 500), error
        assert error.message.endswith("."), error


def test_every_error_is_documented() -> None:
    assert_is_current(PAGE, describe())
