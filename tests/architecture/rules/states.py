"""Rules of states: they move through transitions, and a transition does nothing else."""

from __future__ import annotations

import ast

from tests.architecture.rules.base import Rule, Snippet, called_name, decorator_names


class StatesMoveByTransition(Rule):
    name = "state-by-transition"
    sentence = (
        "A state moves through its transition under the row's lock, never through update() or a bulk write."
    )
    bad = (
        Snippet("payments/operations/x.py", "rows.filter(id=i).update(status='succeeded')\n"),
        Snippet("payments/operations/x.py", "Refund.objects.bulk_update(rows, ['status'])\n"),
        Snippet("disputes/steps/x.py", "rows.update(stage='arbitration', note='')\n"),
    )
    good = (
        Snippet("payments/operations/x.py", "rows.filter(id=i).update(last_used_at=now)\n"),
        Snippet("payments/shapes/x.py", "shape.update({'status': 'succeeded'})\n"),
        Snippet("foundation/jobs/relay.py", "rows.update(status='sent')\n"),
    )

    STATES = frozenset({"status", "state", "stage"})

    @classmethod
    def applies_to(cls, module):  # type: ignore[no-untyped-def]
        # A job's status is the relay's bookkeeping of its claims, set-based by design; it is no domain state.
        return module.is_ours and not module.path.startswith("foundation/jobs/")

    def visit_Call(self, node: ast.Call) -> None:
        name = called_name(node)
        if name == "update" and any(keyword.arg in self.STATES for keyword in node.keywords):
            self.report(node)
        if name == "bulk_update":
            texts = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
            if self.STATES.intersection(text for text in texts if isinstance(text, str)):
                self.report(node)
        self.generic_visit(node)


class TransitionBodiesClean(Rule):
    name = "clean-transition"
    sentence = "A transition's body only sets fields of its own row: no save, query, lock, event, job, clock."
    bad = tuple(
        Snippet(
            "payments/models/x.py",
            f"class R:\n    @transition(field=status)\n    def succeed(self):\n        {body}\n",
        )
        for body in (
            "self.save()",
            "self.attempt.settle()",
            "Refund.objects.for_merchant(self.merchant_id).count()",
            "lock_refund(refund_id=self.id)",
            "publish(type='x')",
            "stage_job('x', {})",
            "self.at = clock.now()",
            "self.at = now()",
            "requests.get('https://psp.example')",
        )
    )
    good = (
        Snippet(
            "payments/models/x.py",
            "class R:\n    @transition(field=status)\n    def succeed(self, at, reference):\n"
            "        self.succeeded_at = at\n        self.psp_reference = reference or ''\n"
            "        self.checks = dict(self.checks, cvc='pass')\n        self._forget_error()\n"
            "    def total(self):\n        return self.lines.count()\n",
        ),
    )

    # What a body may call: plain values, and private methods of its own row.
    BUILDERS = frozenset(
        {"dict", "list", "str", "int", "bool", "tuple", "set", "sorted", "min", "max", "len", "Money"}
    )

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if "transition" in decorator_names(node):
            for statement in node.body:
                for inner in ast.walk(statement):
                    if isinstance(inner, ast.Call) and not self._is_plain(inner):
                        self.report(inner, f"It calls {ast.unparse(inner.func)}.")
        self.generic_visit(node)

    def _is_plain(self, call: ast.Call) -> bool:
        match call.func:
            case ast.Name(id=name):
                return name in self.BUILDERS or name.endswith(("Error", "Invalid", "Refused"))
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                return name.startswith("_")
        return False


class NoFsmAdmin(Rule):
    name = "no-fsm-admin"
    sentence = "django_fsm.admin ran transitions whose permission was False: write the action yourself."
    bad = (
        Snippet("payments/admin/x.py", "from django_fsm.admin import FSMAdminMixin\n"),
        Snippet("payments/admin/x.py", "import django_fsm.admin\n"),
    )
    good = (Snippet("payments/models/x.py", "from django_fsm import FSMField, transition\n"),)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if (node.module or "").startswith("django_fsm.admin"):
            self.report(node)

    def visit_Import(self, node: ast.Import) -> None:
        if any(alias.name.startswith("django_fsm.admin") for alias in node.names):
            self.report(node)
