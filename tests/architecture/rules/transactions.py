"""Rules of the grammar of transactions: who opens one, who locks, how after-effects leave."""

from __future__ import annotations

import ast
import re

from tests.architecture.rules.base import Rule, Snippet, called_name, decorator_names, module_functions
from tests.architecture.source import Module


class AtomicOnlyInTransactions(Rule):
    name = "atomic-in-one-place"
    sentence = (
        "Only foundation/transactions.py opens a transaction: use @owns_transaction, and stage rows instead"
        " of on_commit hooks."
    )
    bad = (
        Snippet("payments/operations/x.py", "with transaction.atomic():\n    pass\n"),
        Snippet("payments/steps/x.py", "from django.db.transaction import atomic\n"),
        Snippet("payments/operations/x.py", "transaction.on_commit(send)\n"),
        Snippet("ledger/steps.py", "connection.set_autocommit(False)\n"),
    )
    good = (
        Snippet("foundation/transactions.py", "with transaction.atomic(durable=True):\n    pass\n"),
        Snippet("payments/operations/x.py", "@owns_transaction\ndef x(): ...\n"),
    )

    FORBIDDEN = frozenset({"atomic", "on_commit", "set_autocommit", "savepoint", "non_atomic_requests"})

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return module.is_ours and module.path != "foundation/transactions.py"

    def visit_Attribute(self, node: ast.Attribute) -> None:
        owner = node.value
        if (
            node.attr in self.FORBIDDEN
            and isinstance(owner, ast.Name)
            and owner.id in ("transaction", "connection")
        ):
            self.report(node)
        self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.module == "django.db.transaction" and any(
            alias.name in self.FORBIDDEN for alias in node.names
        ):
            self.report(node)


class LocksOnlyInLocks(Rule):
    name = "locks-in-locks"
    sentence = "Rows are locked in the app's locks.py, in the relay or in the event dispatcher, nowhere else."
    bad = (
        Snippet("payments/operations/x.py", "Refund.objects.for_merchant(m).select_for_update().get()\n"),
        Snippet("payments/queries/x.py", "SQL = 'SELECT id FROM payments_refund FOR UPDATE SKIP LOCKED'\n"),
        Snippet("ledger/steps.py", "cursor.execute(f'SELECT 1 FROM {table} for update')\n"),
    )
    good = (
        Snippet("payments/locks.py", "Refund.objects.select_for_update(of=('self',))\n"),
        Snippet("foundation/jobs/relay.py", "SQL = 'SELECT id FROM job FOR UPDATE SKIP LOCKED'\n"),
        Snippet("payments/queries/x.py", '"""Never locks: no FOR UPDATE here."""\n'),
    )

    RELAYS = ("foundation/jobs/", "foundation/events/")
    SQL_LOCK = re.compile(r"\bFOR\s+(NO\s+KEY\s+)?(UPDATE|SHARE)\b", re.IGNORECASE)

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return module.is_ours and not module.is_in_room("locks") and not module.path.startswith(cls.RELAYS)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr == "select_for_update":
            self.report(node)
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        # A bare string is a docstring: prose about locks is no lock.
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and self.SQL_LOCK.search(node.value):
            self.report(node)


class LocksJoinAndNameThemselves(Rule):
    name = "locks-join"
    sentence = "A lock is a public function lock_… or claim_… that carries @joins_transaction."
    bad = (
        Snippet("payments/locks.py", "def lock_refund(*, refund_id): ...\n"),
        Snippet("payments/locks.py", "@joins_transaction\ndef get_refund(*, refund_id): ...\n"),
    )
    good = (
        Snippet("payments/locks.py", "@joins_transaction\ndef lock_refund(*, refund_id): ...\n"),
        Snippet("payments/locks.py", "def _fresh(rows): ...\n"),
    )

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return module.is_ours and module.is_in_room("locks")

    def check(self) -> None:
        for function in module_functions(self.module):
            if function.name.startswith("_"):
                continue
            if not function.name.startswith(("lock_", "claim_")):
                self.report(function, f"{function.name} is named otherwise.")
            if "joins_transaction" not in decorator_names(function):
                self.report(function, f"{function.name} does not carry it.")


class LocksNameTheirTable(Rule):
    name = "lock-of-self"
    sentence = (
        "select_for_update names its own table, of=('self',): a join would lock the parents too, in no order."
    )
    bad = (Snippet("payments/locks.py", "rows.select_for_update()\n"),)
    good = (Snippet("payments/locks.py", "rows.select_for_update(of=('self',), skip_locked=True)\n"),)

    def visit_Call(self, node: ast.Call) -> None:
        if called_name(node) == "select_for_update":
            of = next((keyword.value for keyword in node.keywords if keyword.arg == "of"), None)
            if of is None or ast.unparse(of) not in ("('self',)", "['self']"):
                self.report(node)
        self.generic_visit(node)


class NoRefreshFromDb(Rule):
    name = "no-refresh-from-db"
    sentence = (
        "A lock returns a fresh instance. django-fsm-2 4.2.4 loses its protection when a refresh raises, and"
        " a row refreshed is not a row locked."
    )
    bad = (Snippet("payments/operations/x.py", "payment.refresh_from_db()\n"),)
    good = (Snippet("payments/operations/x.py", "payment = lock_payment_intent(payment_intent_id=i)\n"),)

    def visit_Call(self, node: ast.Call) -> None:
        if called_name(node) == "refresh_from_db":
            self.report(node)
        self.generic_visit(node)


class BrokerOnlyFromRelay(Rule):
    name = "broker-from-relay"
    sentence = "Work leaves as a job row (stage_job); only foundation/jobs knows the broker and Celery tasks."
    bad = (
        Snippet("payments/operations/x.py", "execute_refund.delay(refund_id)\n"),
        Snippet("payments/steps/x.py", "task.apply_async(args=[1])\n"),
        Snippet("disputes/reactions.py", "app.send_task('x')\n"),
        Snippet("payments/tasks.py", "@shared_task\ndef x(): ...\n"),
        Snippet("payments/tasks.py", "@app.task(name='x')\ndef x(): ...\n"),
    )
    good = (
        Snippet("foundation/jobs/relay.py", "task.apply_async(args=[1])\n"),
        Snippet("payments/tasks.py", "@job('payments.execute_refund', queue='psp')\ndef x(): ...\n"),
    )

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return module.is_ours and not module.path.startswith("foundation/jobs/")

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("delay", "apply_async", "send_task"):
            self.report(node)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if decorator_names(node) & {"shared_task", "task"}:
            self.report(node)
        self.generic_visit(node)


class NoSignals(Rule):
    name = "no-signals"
    sentence = (
        "No Django signals: they have no durability, no replay and no order. Publish an event and subscribe."
    )
    bad = (
        Snippet("payments/reactions.py", "@receiver(post_save)\ndef x(**kw): ...\n"),
        Snippet("payments/models/x.py", "from django.db.models.signals import post_save\n"),
        Snippet("payments/models/x.py", "from django.dispatch import Signal\n"),
    )
    good = (
        Snippet("payments/reactions.py", "subscribe('charge.dispute.created', 'x', handler)\n"),
        Snippet("payments_site/apps.py", "from django.db.models.signals import post_migrate\n"),
        Snippet("foundation/rights/x.py", "from django.db.backends.signals import connection_created\n"),
    )

    # Of `migrate` at an operator's terminal, and of a process's connection: no business hangs on either.
    OF_THE_INSTALLATION = frozenset({"post_migrate", "connection_created"})
    MODULES = (
        "django.dispatch",
        "django.db.models.signals",
        "django.db.backends.signals",
        "simple_history.signals",
    )

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if "receiver" in decorator_names(node):
            self.report(node)
        self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        names = {alias.name for alias in node.names}
        if (node.module or "").startswith(self.MODULES) and not names <= self.OF_THE_INSTALLATION:
            self.report(node)
        if node.module == "django.db.models" and any(alias.name == "signals" for alias in node.names):
            self.report(node)

    def visit_Import(self, node: ast.Import) -> None:
        if any(alias.name.startswith(self.MODULES) for alias in node.names):
            self.report(node)
