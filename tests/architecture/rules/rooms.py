"""Rules of rooms: what each kind of file holds and may not do."""

from __future__ import annotations

import ast

from tests.architecture.rules.base import (
    Function,
    Rule,
    Snippet,
    body_without_docstring,
    called_name,
    decorator_names,
    module_functions,
)
from tests.architecture.source import Module

WRITES = frozenset({"save", "bulk_create", "bulk_update", "update_or_create", "get_or_create", "delete"})
AFTER_EFFECTS = frozenset({"publish", "publish_all", "stage_job", "stage_jobs"})


def is_operation_file(module: Module) -> bool:
    return module.is_ours and "operations" in module.parts[:-1]


def public_functions(module: Module) -> list[Function]:
    """What a file of operations offers; a check beside its verb (`refuse_unless_…`) is no operation."""
    return [
        function
        for function in module_functions(module)
        if not function.name.startswith(("_", "refuse_unless_"))
    ]


class OneOperationPerFile(Rule):
    name = "one-operation-per-file"
    sentence = "A file of operations/ holds exactly one public function, named as the file."
    bad = (
        Snippet("payments/operations/capture_payment.py", "def capture(): ...\n"),
        Snippet(
            "payments/operations/capture_payment.py", "def capture_payment(): ...\ndef void_payment(): ...\n"
        ),
    )
    good = (
        Snippet(
            "payments/operations/capture_payment.py", "def capture_payment(*, x): ...\ndef _open(): ...\n"
        ),
        Snippet("payments/operations/x.py", "def x(*, y): ...\ndef refuse_unless_capturable(payment): ...\n"),
        Snippet("payments/operations/__init__.py", ""),
    )

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return is_operation_file(module) and module.parts[-1] != "__init__"

    def check(self) -> None:
        names = [function.name for function in public_functions(self.module)]
        if names != [self.module.parts[-1]]:
            self.report(1, f"Found: {', '.join(names) or 'none'}.")


class OperationsAreKeywordOnly(Rule):
    name = "keyword-only-operation"
    sentence = "An operation takes keyword arguments only: a call reads as a sentence, nothing is swapped."
    bad = (
        Snippet("payments/operations/x.py", "@owns_transaction\ndef x(merchant_id, *, amount): ...\n"),
        Snippet("foundation/tenancy/operations.py", "@owns_transaction\ndef x(*args): ...\n"),
    )
    good = (Snippet("payments/operations/x.py", "@owns_transaction\ndef x(*, merchant_id, amount): ...\n"),)

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return module.is_ours and module.is_in_room("operations")

    def check(self) -> None:
        for function in public_functions(self.module):
            arguments = function.args
            if arguments.posonlyargs or arguments.args or arguments.vararg:
                self.report(function, f"{function.name} takes positional ones.")


class OperationsOwnOrStayOutside(Rule):
    name = "operation-transaction"
    sentence = (
        "A public function of operations/ carries @owns_transaction, or is a flow with @outside_transaction."
    )
    bad = (
        Snippet("payments/operations/x.py", "def x(*, merchant_id): ...\n"),
        Snippet("payments/operations/x.py", "@joins_transaction\ndef x(*, merchant_id): ...\n"),
    )
    good = (
        Snippet("payments/operations/x.py", "@owns_transaction\ndef x(*, merchant_id): ...\n"),
        Snippet("payments/operations/x.py", "@outside_transaction\ndef x(*, merchant_id): ...\n"),
    )

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return is_operation_file(module)

    def check(self) -> None:
        for function in public_functions(self.module):
            if not decorator_names(function) & {"owns_transaction", "outside_transaction"}:
                self.report(function)


class OperationDocstring(Rule):
    name = "operation-docstring"
    sentence = (
        "An operation's docstring says, in this order: one sentence, Raises (when it refuses), Writes,"
        " Safe to repeat."
    )
    bad = (
        Snippet("payments/operations/x.py", "@owns_transaction\ndef x():\n    '''Does x.'''\n"),
        Snippet(
            "payments/operations/x.py",
            "@owns_transaction\ndef x():\n    '''X.\n\n    Writes. Raises. Safe to repeat'''\n    raise Z\n",
        ),
    )
    good = (
        Snippet(
            "payments/operations/x.py",
            "@owns_transaction\ndef x():\n    '''X.\n\n    Raises Z.\n    Writes y.\n    Safe to repeat'''\n",
        ),
        Snippet(
            "payments/operations/x.py", "@outside_transaction\ndef x():\n    '''Strings operations.'''\n"
        ),
    )

    # "Not safe to repeat, because …" is an answer too.
    PARTS = ("raises", "writes", "safe to repeat")

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return module.is_ours and module.is_in_room("operations")

    def check(self) -> None:
        for function in public_functions(self.module):
            if "owns_transaction" not in decorator_names(function):
                continue
            text = (ast.get_docstring(function) or "").lower()
            parts = self.PARTS if self._refuses(function) else self.PARTS[1:]
            places = [text.find(part) for part in parts]
            if -1 in places or places != sorted(places):
                missing = [part for part, place in zip(parts, places, strict=True) if place < 0]
                self.report(function, f"Missing: {', '.join(missing)}." if missing else "The order differs.")

    @staticmethod
    def _refuses(function: Function) -> bool:
        return any(
            isinstance(node, ast.Raise)
            or (isinstance(node, ast.Call) and called_name(node).startswith(("refuse_", "lock_", "get_")))
            for node in ast.walk(function)
        )


class OperationsStandApart(Rule):
    name = "operations-apart"
    sentence = (
        "An operation owns its transaction, so nothing inside a transaction calls one: share a step,"
        " or string them together in a flow (@outside_transaction)."
    )
    bad = (
        Snippet(
            "payments/operations/x.py",
            "from payments.operations.y import y\n@owns_transaction\ndef x():\n    y()\n",
        ),
        Snippet(
            "payments/operations/x.py",
            "@owns_transaction\ndef x():\n    _y()\n@owns_transaction\ndef _y(): ...\n",
        ),
        Snippet(
            "payments/steps/x.py",
            "from payments.operations.y import y\n@joins_transaction\ndef x():\n    y()\n",
        ),
        Snippet("payments/locks.py", "from payments.operations import y\ndef lock_x():\n    y.y()\n"),
    )
    good = (
        Snippet(
            "payments/operations/x.py",
            "from payments.operations.y import y\n@outside_transaction\ndef x():\n    y()\n",
        ),
        Snippet("payments/tasks.py", "from payments.operations.y import y\ndef x():\n    y()\n"),
        Snippet(
            "payments/operations/x.py",
            "@outside_transaction\ndef x(): _z()\ndef _z(): _y()\n@owns_transaction\ndef _y(): ...\n",
        ),
    )

    ROOMS = ("steps", "locks", "queries", "models")

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return module.is_ours and (module.is_in_room("operations") or any(map(module.is_in_room, cls.ROOMS)))

    def check(self) -> None:
        functions = module_functions(self.module)
        operations = {f.name for f in functions if "owns_transaction" in decorator_names(f)}
        for node in ast.walk(self.module.tree):
            if isinstance(node, ast.ImportFrom) and "operations" in (node.module or "").split("."):
                # Results and errors that an operation's file defines are no operations.
                operations |= {alias.asname or alias.name for alias in node.names if alias.name.islower()}
        in_operations = self.module.is_in_room("operations")
        for function in functions:
            rules = decorator_names(function)
            # An undecorated private part of a flow runs outside too; the guard itself watches it at run time.
            if in_operations and not rules & {"owns_transaction", "joins_transaction"}:
                continue
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                name = ast.unparse(call.func).partition(".")[0]
                if name in operations and name != function.name:
                    self.report(call, f"{function.name} calls {name}.")


class StepsJoin(Rule):
    name = "steps-join"
    sentence = "A step never opens a transaction, and one that writes carries @joins_transaction."
    bad = (
        Snippet("payments/steps/x.py", "@owns_transaction\ndef x(): ...\n"),
        Snippet("payments/steps/x.py", "def hold(row):\n    row.save()\n"),
        Snippet("ledger/steps.py", "def tell():\n    publish(type='x')\n"),
    )
    good = (
        Snippet("payments/steps/x.py", "@joins_transaction\ndef hold(row):\n    row.save()\n"),
        Snippet("payments/steps/x.py", "def choose(rows):\n    return rows[0]\n"),
        Snippet("payments/steps/x.py", "def _hold(row):\n    row.save()\n"),
    )

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return module.is_ours and module.is_in_room("steps")

    def check(self) -> None:
        for function in module_functions(self.module):
            rules = decorator_names(function)
            if "owns_transaction" in rules:
                self.report(function, f"{function.name} opens one.")
            if function.name.startswith("_") or rules & {"joins_transaction", "outside_transaction"}:
                continue
            calls = {called_name(node) for node in ast.walk(function) if isinstance(node, ast.Call)}
            if calls & (WRITES | AFTER_EFFECTS):
                self.report(function, f"{function.name} writes without it.")


class ReadSideWritesNothing(Rule):
    name = "read-side-writes-nothing"
    sentence = "queries/, shapes/ and serializers read and shape; writing is an operation's work."
    bad = (
        Snippet("payments/queries/x.py", "def find_x():\n    row.save()\n"),
        Snippet("payments/shapes/x.py", "def shape(row):\n    publish(type='x')\n"),
        Snippet("payments/api/serializers.py", "def f(s):\n    s.save()\n"),
        Snippet("payments/api/views.py", "Refund.objects.create(x=1)\n"),
    )
    good = (
        Snippet("payments/queries/x.py", "def find_x():\n    return rows.first()\n"),
        Snippet("payments/operations/x.py", "row.save()\n"),
    )

    ROOMS = ("queries", "shapes", "api")

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return module.is_ours and any(map(module.is_in_room, cls.ROOMS))

    def visit_Call(self, node: ast.Call) -> None:
        name = called_name(node)
        is_orm_create = name == "create" and "objects" in ast.unparse(node.func)
        if name in (WRITES | AFTER_EFFECTS) - {"delete"} or is_orm_create:
            self.report(node, f"It calls {name}.")
        self.generic_visit(node)


class TasksAreOneLine(Rule):
    name = "task-is-one-line"
    sentence = "A task is one statement that calls an operation or a flow: no query, no decision, no retry."
    bad = (
        Snippet(
            "payments/tasks.py",
            "@job('x', queue='psp')\ndef x(refund_id):\n    row = find(refund_id)\n    go(row)\n",
        ),
        Snippet("payments/tasks.py", "@job('x', queue='psp')\ndef x(n):\n    if n:\n        go()\n"),
    )
    good = (
        Snippet(
            "payments/tasks.py",
            "@job('x', queue='psp')\ndef x(refund_id):\n    '''Why.'''\n    go(UUID(refund_id))\n",
        ),
    )

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return module.is_ours and module.is_in_room("tasks")

    def check(self) -> None:
        for function in module_functions(self.module):
            if "job" not in decorator_names(function):
                continue
            body = body_without_docstring(function)
            if len(body) != 1 or not isinstance(body[0], ast.Expr | ast.Return):
                self.report(function, f"{function.name} does more.")


class VocabularyInItsFile(Rule):
    name = "errors-in-errors"
    sentence = "An app names its refusals in its errors.py; the register of codes reads them there."
    bad = (
        Snippet(
            "payments/operations/x.py", "class RefundRefused(DomainError):\n    code = 'refund_refused'\n"
        ),
    )
    good = (
        Snippet("payments/errors.py", "class RefundRefused(DomainError):\n    code = 'refund_refused'\n"),
        Snippet("foundation/vault/errors.py", "class KeyUnknown(DomainError):\n    code = 'key_unknown'\n"),
    )

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return module.is_ours and module.parts[-1] != "errors"

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        has_code = any(
            isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "code"
            for statement in node.body
        )
        bases = " ".join(ast.unparse(base) for base in node.bases)
        if has_code and ("DomainError" in bases or bases.endswith("Error")):
            self.report(node)
        self.generic_visit(node)
