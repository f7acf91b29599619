"""Rules of money: whole minor units, always with a currency, every rounding named."""

from __future__ import annotations

import ast
import re

from tests.architecture.rules.base import Function, Rule, Snippet
from tests.architecture.source import Module


def handles_money(module: Module) -> bool:
    """Files in which an amount can appear. The scores of routing are rates, not money."""
    if not module.is_ours or module.path.startswith("payments/routing/"):
        return False
    return (
        module.app in ("ledger", "payments", "disputes", "subscriptions")
        or module.path == "foundation/money.py"
    )


class NoFloats(Rule):
    name = "no-float"
    sentence = "No float near money: whole minor units, basis points, or fractions.Fraction."
    bad = (
        Snippet("payments/operations/x.py", "fee = total * 0.029\n"),
        Snippet("ledger/steps.py", "amount = float(text)\n"),
        Snippet("subscriptions/models/x.py", "ratio: float\n"),
        Snippet("disputes/models/x.py", "rate = models.FloatField()\n"),
    )
    good = (
        Snippet("payments/operations/x.py", "fee = total.share(rate_bps=290, rounding=HALF_EVEN)\n"),
        Snippet("payments/psp/stripe/x.py", "read_timeout_seconds = 8.0\n"),
        Snippet("payments/psp/stripe/x.py", "DEADLINE_SECONDS: float = 8.0\n"),
        Snippet("payments/psp/stripe/x.py", "def call(*, timeout_seconds: float = 1.5): ...\n"),
        Snippet("payments/psp/stripe/x.py", "post(timeout_seconds=2.5)\n"),
    )

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return handles_money(module)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, float):
            self.report(node)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id == "float":
            self.report(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr == "FloatField":
            self.report(node)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if not all(_is_duration(ast.unparse(target)) for target in node.targets):
            self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if not _is_duration(ast.unparse(node.target)):
            self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if not _is_duration(node.name):
            self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        if not _is_duration(node.arg or ""):
            self.generic_visit(node)

    def visit_arguments(self, node: ast.arguments) -> None:
        positional = [*node.posonlyargs, *node.args]
        offset = len(positional) - len(node.defaults)
        pairs = [
            (arg, node.defaults[i - offset] if i >= offset else None) for i, arg in enumerate(positional)
        ]
        pairs += list(zip(node.kwonlyargs, node.kw_defaults, strict=True))
        for arg, default in pairs:
            if _is_duration(arg.arg):
                continue
            self.visit(arg)
            if default is not None:
                self.visit(default)


def _is_duration(name: str) -> bool:
    """Whether a name measures time, which may be a float: `timeout_seconds`, `milliseconds_since()`."""
    return bool(re.search(r"seconds|timeout|^latency_ms$|^started$", name, re.IGNORECASE))


class RoundingNamed(Rule):
    name = "named-rounding"
    sentence = "Every rounding is named: Money.times, Money.share, Money.allocate or round_fraction."
    bad = (
        Snippet("payments/operations/x.py", "fee = round(x, 2)\n"),
        Snippet("payments/operations/x.py", "half = payment.amount_minor / 2\n"),
        Snippet("payments/operations/x.py", "half = amount_minor // 2\n"),
        Snippet("payments/operations/x.py", "cents = math.floor(x)\n"),
    )
    good = (
        Snippet("payments/operations/x.py", "fee = total.times(Fraction(1, 3), rounding=HALF_UP)\n"),
        Snippet("payments/psp/x.py", "path = BASE / 'x'\n"),
        Snippet("payments/psp/x.py", "def milliseconds_since(started):\n    return round(1000 * started)\n"),
    )

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return handles_money(module) and module.path != "foundation/money.py"

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if not _is_duration(node.name):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        match node.func:
            case ast.Name(id="round"):
                self.report(node)
            case ast.Attribute(value=ast.Name(id="math"), attr="floor" | "ceil" | "trunc"):
                self.report(node)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.Div | ast.FloorDiv) and any(
            _is_minor(side) for side in (node.left, node.right)
        ):
            self.report(node)
        self.generic_visit(node)


def _is_minor(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.endswith("_minor")
    return False


class NoDefaultCurrency(Rule):
    name = "no-default-currency"
    sentence = "No default currency anywhere: an amount without its currency is a mistake, not a dollar."
    bad = (
        Snippet("payments/operations/x.py", "def pay(*, currency='usd'): ...\n"),
        Snippet("payments/models/x.py", "class P:\n    currency = CurrencyField(default='usd')\n"),
        Snippet("ledger/models.py", "fee_currency: str = 'eur'\n"),
    )
    good = (
        Snippet("payments/operations/x.py", "def pay(*, currency: str): ...\n"),
        Snippet("payments/models/x.py", "class P:\n    fee_currency = CharField(default='', max_length=3)\n"),
    )

    CODE = re.compile(r"[A-Za-z]{3}")

    def visit_FunctionDef(self, node: Function) -> None:
        arguments = node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        defaulted = positional[len(positional) - len(arguments.defaults) :]
        pairs = [*zip(defaulted, arguments.defaults, strict=True)]
        pairs += [
            (a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None
        ]
        for argument, default in pairs:
            if argument.arg.endswith("currency") and self._is_code(default):
                self.report(argument)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if any(ast.unparse(target).endswith("currency") for target in node.targets):
            self._check_value(node, node.value)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if ast.unparse(node.target).endswith("currency") and node.value is not None:
            self._check_value(node, node.value)
        self.generic_visit(node)

    def _check_value(self, node: ast.stmt, value: ast.expr) -> None:
        defaults = (
            [keyword.value for keyword in value.keywords if keyword.arg == "default"]
            if isinstance(value, ast.Call)
            else [value]
        )
        if any(self._is_code(default) for default in defaults):
            self.report(node)

    def _is_code(self, node: ast.expr) -> bool:
        return (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and bool(self.CODE.fullmatch(node.value))
        )
