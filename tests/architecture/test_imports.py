"""The import contracts of pyproject.toml: kept by the tree, and each broken by one bad import.

`lint-imports` runs the same contracts from the command line.
"""

from __future__ import annotations

import tomllib
from copy import deepcopy
from functools import lru_cache
from typing import Any

import grimp
import pytest
from importlinter import Contract, configuration
from importlinter.contracts.acyclic_siblings import AcyclicSiblingsContract
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.independence import IndependenceContract
from importlinter.contracts.layers import LayersContract
from importlinter.contracts.protected import ProtectedContract

from tests.architecture.source import APPS, ROOT, all_modules

configuration.configure()

OPTIONS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
CONTRACTS = {contract["id"]: contract for contract in OPTIONS["contracts"]}
TYPES: dict[str, type[Contract]] = {
    "acyclic_siblings": AcyclicSiblingsContract,
    "forbidden": ForbiddenContract,
    "independence": IndependenceContract,
    "layers": LayersContract,
    "protected": ProtectedContract,
}

# contract: one import (who, whom) that must break it.
ONE_BAD_IMPORT = {
    "floors": ("foundation.money", "payments.models"),
    "neighbours": ("disputes.apps", "subscriptions.apps"),
    "rooms": ("payments.models", "payments.operations"),
    "models-ledger": ("payments.queries", "ledger.models"),
    "models-payments": ("payments_site.apps", "payments.models"),
    "models-disputes": ("payments_site.apps", "disputes.models"),
    "models-subscriptions": ("payments_site.home", "subscriptions.models.invoices"),
    "models-foundation": ("payments.queries", "foundation.jobs.models"),
    "double-entry": ("payments.operations", "ledger.steps"),
    "psp-registry": ("payments.queries", "payments.psp.registry"),
    "connectors": ("payments.operations", "payments.psp.stripe.connector"),
    "http-client": ("payments.operations", "requests"),
    "adyen-sdk": ("payments.operations", "Adyen"),
    "stripe-sdk": ("payments.operations", "stripe"),
    "broker": ("payments.operations", "celery"),
    "pure": ("payments.psp.outcomes", "django"),
    "ground": ("foundation.ids", "foundation.transactions"),
    "cycles": ("payments.psp.outcomes", "payments.psp.port"),
}


@lru_cache(maxsize=1)
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph(
        *OPTIONS["root_packages"],
        include_external_packages=True,
        exclude_type_checking_imports=True,
        cache_dir=None,
    )


def _is_kept(contract_id: str, graph: grimp.ImportGraph) -> tuple[bool, Any]:
    options = dict(CONTRACTS[contract_id])
    session = {"root_packages": OPTIONS["root_packages"], "include_external_packages": "true"}
    contract = TYPES[options["type"]](options["name"], session_options=session, contract_options=options)
    # A contract removes the imports it ignores; the next one must find them again.
    check = contract.check(deepcopy(graph), verbose=False)
    return check.kept, check.metadata


def circles(graph: grimp.ImportGraph) -> list[list[str]]:
    """Groups of our modules that reach each other by imports: the strongly connected components."""
    reach = {
        module: graph.find_upstream_modules(module)
        for module in graph.modules
        if module.partition(".")[0] in APPS
    }
    groups = {
        tuple(sorted({module, *(other for other in above if module in reach.get(other, ()))}))
        for module, above in reach.items()
    }
    return sorted(list(group) for group in groups if len(group) > 1)


@pytest.mark.parametrize("contract_id", CONTRACTS)
def test_the_tree_keeps_the_contract(contract_id: str) -> None:
    kept, found = _is_kept(contract_id, _graph())

    assert kept, f"{CONTRACTS[contract_id]['name']} is broken; see `lint-imports`: {found}"


@pytest.mark.parametrize("contract_id", CONTRACTS)
def test_one_bad_import_breaks_the_contract(contract_id: str) -> None:
    graph = deepcopy(_graph())
    importer, imported = ONE_BAD_IMPORT[contract_id]
    if imported not in graph.modules:
        graph.add_module(imported, is_squashed=True)

    graph.add_import(importer=importer, imported=imported, line_number=1, line_contents=f"import {imported}")

    kept, _ = _is_kept(contract_id, graph)
    assert not kept, f"{CONTRACTS[contract_id]['name']} lets {importer} import {imported}."


def test_no_modules_import_each_other() -> None:
    """Imports in function bodies count: a cycle hidden there is still a cycle."""
    assert circles(_graph()) == []


def test_a_circle_of_modules_is_found() -> None:
    graph = deepcopy(_graph())

    graph.add_import(importer="foundation.ids", imported="foundation.transactions")
    graph.add_import(importer="foundation.transactions", imported="foundation.ids")

    assert circles(graph) == [["foundation.ids", "foundation.transactions"]]


def test_every_root_package_is_under_contract() -> None:
    assert tuple(OPTIONS["root_packages"]) == APPS


def test_every_app_with_models_protects_them() -> None:
    with_models = {module.app for module in all_modules() if module.is_in_room("models") and module.is_ours}

    protected = {name.partition("-")[2] for name in CONTRACTS if name.startswith("models-")}

    assert with_models - {"payments_site"} == protected


def test_every_folder_of_code_is_a_package() -> None:
    """The import graph sees packages only: a folder without __init__.py would escape every contract."""
    folders = {file.parent for app in APPS for file in (ROOT / app).rglob("*.py")}

    bare = sorted(
        str(folder.relative_to(ROOT)) for folder in folders if not (folder / "__init__.py").exists()
    )

    assert bare == []
