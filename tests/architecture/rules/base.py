"""What a rule is. Each lives in a neighbouring file as one small visitor with bad and good snippets."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from tests.architecture.source import Module


@dataclass(frozen=True)
class Violation:
    path: str
    line: int
    rule: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.sentence}"


@dataclass(frozen=True)
class Snippet:
    """A file that exists only in a test: where it would lie, and what it would say."""

    path: str
    text: str

    def as_module(self) -> Module:
        return Module(self.path, self.text)


class Rule(ast.NodeVisitor):
    """One rule over one file.

    name: what an escape comment cites. sentence: what a violation is told. bad and good: snippets that
    must be caught and must pass; test_rules.py tries them, so that no rule can go blind unnoticed.
    """

    name: ClassVar[str] = ""
    sentence: ClassVar[str] = ""
    bad: ClassVar[tuple[Snippet, ...]] = ()
    good: ClassVar[tuple[Snippet, ...]] = ()

    registry: ClassVar[dict[str, type[Rule]]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.name:
            Rule.registry[cls.name] = cls

    def __init__(self, module: Module) -> None:
        self.module = module
        self.violations: list[Violation] = []

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return module.is_ours

    def check(self) -> None:
        self.visit(self.module.tree)

    def report(self, place: ast.AST | int, more: str = "") -> None:
        line = place if isinstance(place, int) else getattr(place, "lineno", 1)
        sentence = f"{self.sentence} {more}".strip()
        self.violations.append(Violation(self.module.path, line, self.name, sentence))


def find_violations(rule: type[Rule], module: Module) -> list[Violation]:
    """What one rule has against one file, escapes not yet considered."""
    if not rule.applies_to(module):
        return []
    visitor = rule(module)
    visitor.check()
    return visitor.violations


def without_escaped(violations: Iterable[Violation], module: Module) -> list[Violation]:
    return [
        violation
        for violation in violations
        if not any(escape.covers(violation.rule, violation.line) for escape in module.escapes)
    ]


Function = ast.FunctionDef | ast.AsyncFunctionDef


def called_name(call: ast.Call) -> str:
    """The last name of what is called: `save` for `payment.save()`, `publish` for `publish()`."""
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def decorator_names(node: Function | ast.ClassDef) -> set[str]:
    names = set()
    for decorator in node.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        match target:
            case ast.Attribute(attr=name) | ast.Name(id=name):
                names.add(name)
    return names


def module_functions(module: Module) -> list[Function]:
    return [node for node in module.tree.body if isinstance(node, Function)]


def body_without_docstring(node: Function) -> list[ast.stmt]:
    return node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
