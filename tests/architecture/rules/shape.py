"""Rules of the shape of code: sizes, names, loose ends, and tests that patch what they test."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.architecture.rules.base import Function, Rule, Snippet, body_without_docstring
from tests.architecture.source import APPS, Module

FILE_LINES = 400
FUNCTION_LINES = 60


class FileSize(Rule):
    name = "file-size"
    sentence = (
        f"A file stays under {FILE_LINES} lines: near 250, a module becomes a package of the same name."
    )
    bad = (Snippet("payments/models/x.py", "a = 1\n" * FILE_LINES),)
    good = (Snippet("payments/models/x.py", "a = 1\n" * (FILE_LINES - 1)),)

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return True

    def check(self) -> None:
        count = len(self.module.lines)
        if count >= FILE_LINES:
            self.report(1, f"It has {count}.")


class FunctionSize(Rule):
    name = "function-size"
    sentence = f"A function stays under {FUNCTION_LINES} lines, its docstring included."
    bad = (Snippet("payments/steps/x.py", "def x():\n" + "    a = 1\n" * (FUNCTION_LINES - 1)),)
    good = (Snippet("payments/steps/x.py", "def x():\n" + "    a = 1\n" * (FUNCTION_LINES - 2)),)

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return True

    def visit_FunctionDef(self, node: Function) -> None:
        count = (node.end_lineno or node.lineno) - node.lineno + 1
        if count >= FUNCTION_LINES:
            self.report(node, f"{node.name} has {count}.")
        self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)


class NamesSaySomething(Rule):
    name = "names-that-say"
    sentence = "Never manager, helper, util, process, info or data: name what the thing is or does."
    bad = (
        Snippet("payments/utils.py", ""),
        Snippet("payments/refund_helper.py", ""),
        Snippet("payments/steps/process_refund.py", ""),
        Snippet("payments/steps/x.py", "class RefundManager: ...\n"),
        Snippet("payments/steps/x.py", "def process_refund(): ...\n"),
        Snippet("payments/steps/x.py", "def refund_info(): ...\n"),
    )
    good = (
        Snippet("deploy/stack/processes.py", ""),
        Snippet("foundation/tenancy/scoping.py", "class TenantManager(models.Manager): ...\n"),
        Snippet("foundation/vault/data_keys.py", "class DataKey: ...\n"),
        Snippet("foundation/http/x.py", "class M:\n    def process_view(self): ...\n"),
    )

    # As the name of a file: "data_keys" says something, "refund_data" does not.
    IN_MODULES = re.compile(r"(^|_)(managers?|helpers?|utils?)(_|$)|(^|_)(info|data)$|^process(_|$)")
    IN_CLASSES = re.compile(r"(Manager|Helper|Utils?|Info|Data)$|^(Helper|Util|Manager)")
    IN_FUNCTIONS = re.compile(r"^_?process_|(^|_)(helper|helpers|util|utils|manager|info)$")

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return True

    def check(self) -> None:
        for part in self.module.parts:
            if self.IN_MODULES.search(part):
                self.report(1, f"The module is called {part}.")
        for node in self.module.tree.body:
            if (
                isinstance(node, ast.ClassDef)
                and self.IN_CLASSES.search(node.name)
                and not _is_from_django(node)
            ):
                self.report(node, f"The class is called {node.name}.")
            if isinstance(node, Function) and self.IN_FUNCTIONS.search(node.name):
                self.report(node, f"The function is called {node.name}.")


def _is_from_django(node: ast.ClassDef) -> bool:
    return any("Manager" in ast.unparse(base) for base in node.bases)


class NothingUnfinished(Rule):
    name = "nothing-unfinished"
    sentence = "What is not done is an issue, not a comment."
    bad = (
        Snippet("payments/steps/x.py", "x = 1  # TODO: later\n"),
        Snippet("payments/steps/x.py", "# FIXME\n"),
        Snippet("payments/steps/x.py", "# good enough for now\n"),
        Snippet("payments/steps/x.py", "def x(n):\n    if n:\n        raise NotImplementedError\n    go()\n"),
    )
    good = (
        Snippet("payments/steps/x.py", "# Locked first: two agents must not both pass.\n"),
        Snippet(
            "foundation/x.py",
            "class Port:\n    def call(self):\n        '''What.'''\n        raise NotImplementedError\n",
        ),
    )

    MARKS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|\bfor now\b")

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return module.path != Path(__file__).relative_to(Path(__file__).parents[3]).as_posix()

    def check(self) -> None:
        for line, comment in self.module.comments:
            if self.MARKS.search(comment):
                self.report(line)
        self.visit(self.module.tree)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        # A body that is nothing else declares a method which subclasses supply.
        body = body_without_docstring(node)
        if not (len(body) == 1 and isinstance(body[0], ast.Raise)):
            self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        if node.exc is not None and ast.unparse(node.exc).startswith("NotImplementedError"):
            self.report(node)


class TestsPatchNothingOfOurs(Rule):
    name = "no-patching-of-ours"
    sentence = "Tests do not patch our own modules: script the PSP, stop the clock, change a setting."
    bad = (
        Snippet("tests/payments/test_x.py", "with patch('payments.steps.x.y'):\n    pass\n"),
        Snippet("tests/payments/test_x.py", "mocker.patch('ledger.steps.post_entry')\n"),
        Snippet("tests/payments/test_x.py", "monkeypatch.setattr('payments.x.y', 1)\n"),
        Snippet(
            "tests/payments/test_x.py", "from payments import steps\nmonkeypatch.setattr(steps, 'y', 1)\n"
        ),
        Snippet(
            "tests/payments/test_x.py",
            "import foundation.clock\nmonkeypatch.setattr(foundation.clock, 'now', f)\n",
        ),
    )
    good = (
        Snippet("tests/payments/test_x.py", "monkeypatch.setenv('LOG_LEVEL', 'INFO')\n"),
        Snippet("tests/payments/test_x.py", "import socket\nmonkeypatch.setattr(socket, 'getaddrinfo', f)\n"),
    )

    PATCHES = frozenset({"patch", "setattr", "object", "multiple"})

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return module.app == "tests"

    def check(self) -> None:
        self.ours = {
            alias.asname or alias.name.partition(".")[0]
            for node in ast.walk(self.module.tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
            if (getattr(node, "module", None) or alias.name).partition(".")[0] in APPS
        }
        self.visit(self.module.tree)

    def visit_Call(self, node: ast.Call) -> None:
        name = ast.unparse(node.func)
        is_patch = name.rpartition(".")[2] in self.PATCHES and ("patch" in name or "mock" in name)
        if is_patch and node.args and self._is_ours(node.args[0]):
            self.report(node)
        self.generic_visit(node)

    def _is_ours(self, target: ast.expr) -> bool:
        if isinstance(target, ast.Constant) and isinstance(target.value, str):
            return target.value.partition(".")[0] in APPS
        return ast.unparse(target).partition(".")[0] in self.ours
