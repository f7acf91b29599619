"""Rules of what comes from outside the code: the clock, HTTP, other tenants' rows."""

from __future__ import annotations

import ast

from tests.architecture.rules.base import Rule, Snippet
from tests.architecture.source import APPS, SANDBOX, Module

# Who may see the rows of every merchant, and why. A path ending in / covers the folder.
ACROSS_MERCHANTS = {
    "foundation/tenancy/scoping.py": "defines it",
    "foundation/tenancy/authentication.py": "finds the merchant of a key, so it cannot know it before",
    "foundation/jobs/": "the relay and the runner serve every merchant",
    "foundation/events/": "the dispatcher reads one stream of all merchants",
    "foundation/audit/": "the sealer and the verifier read everything",
    "foundation/vault/": "rotation rewraps every merchant's key",
    "ledger/reconciliation/queries/runs.py": "the nightly sweep reconciles every merchant with statements",
    "payments/operations/record_breaker_change.py": "a circuit names its account, not our merchant",
    "payments/operations/replay_webhooks.py": "operators replay for the whole installation",
    "payments/operations/stage_event_polls.py": "a sweep polls every account, whoever's it is",
    "payments/queries/breakers.py": "the sweep puts back whoever's decisions; the board shows the staff's",
    "payments/operations/expire_authorizations.py": "a sweep takes what is due, whose ever it is",
    "payments/operations/sweep_due_checks.py": "a sweep takes what is due, whose ever it is",
    "payments/queries/doubt.py": "the desk shows the merchants of the staff member; a sweep looks at all",
    "payments/queries/gauges.py": "a scrape counts what is in doubt, whoever's it is",
    "payments/locks.py": "a sweep takes the webhooks that are due, whoever's they are",
    "payments/queries/movements.py": "a sweep finds the attempts of many merchants' webhooks at once",
    "payments/queries/totals.py": "verify_books folds every merchant's payments",
    "payments/queries/day_figures.py": "the home page counts over the merchants of the staff member",
    "payments/queries/psp_accounts.py": "a PSP's webhook names its account only; a sweep polls all",
    "payments/queries/approvals.py": "a sweep withdraws what nobody approved in time, whoever's it is",
    "payments/queries/routing.py": "the watch looks at every experiment that runs, whoever's it is",
    "disputes/locks.py": "a sweep takes the disputes and orders that are due, whoever's they are",
    "disputes/queries/totals.py": "verify_books folds every merchant's disputes",
    "disputes/queries/monitoring.py": "the hourly job measures every merchant that was ever disputed",
    "disputes/queries/desk.py": "the queue and the home page read the rows of the staff member's merchants",
    "disputes/queries/outcomes.py": "the queue and the monitoring page read the rows of the staff member's merchants",
    "subscriptions/queries/hosted_invoices.py": "the token of a public page names its invoice, not our merchant",
    "subscriptions/queries/due.py": "a sweep takes what is due, whose ever it is",
    "subscriptions/queries/due_changes.py": "a sweep takes what is due, whose ever it is",
    "subscriptions/queries/rechecked_lines.py": "the sample of lines is of every merchant",
    "subscriptions/queries/totals.py": "verify_books folds every merchant's invoices",
    "subscriptions/locks.py": "a sweep takes the revenue that is due, whose ever it is",
    "subscriptions/queries/dunning.py": "a sweep takes the tries that are due, whose ever they are",
}
# Kinds of files that may, wherever they are.
ACROSS_MERCHANTS_ROOMS = {
    "admin": "narrows to the merchants of the staff member",
    "admin_site": "narrows to the merchants of the staff member",
    "commands": "operators act for the whole installation",
    "verification": "verifiers prove the books of everyone",
}


class ClockInOnePlace(Rule):
    name = "clock-in-one-place"
    sentence = "Only foundation/clock.py asks what time it is, so that a test can stop it."
    bad = (
        Snippet("payments/operations/x.py", "at = timezone.now()\n"),
        Snippet("payments/operations/x.py", "at = datetime.now(UTC)\n"),
        Snippet("payments/operations/x.py", "at = datetime.datetime.utcnow()\n"),
        Snippet("payments/operations/x.py", "day = date.today()\n"),
        Snippet("payments/operations/x.py", "seconds = time.time()\n"),
        Snippet("payments/models/x.py", "from django.utils.timezone import now\n"),
        Snippet("payments/models/x.py", "from django.db.models.functions import Now\n"),
    )
    good = (
        Snippet("payments/operations/x.py", "at = clock.now()\n"),
        Snippet("payments/operations/x.py", "started = time.monotonic()\n"),
        Snippet("foundation/clock.py", "at = datetime.now(UTC)\n"),
        Snippet("payments/operations/x.py", "from foundation.clock import now\nat = now()\n"),
    )

    READINGS = frozenset(
        {"now", "utcnow", "today", "localdate", "localtime", "fromtimestamp", "utcfromtimestamp"}
    )
    CLOCKS = frozenset({"timezone", "datetime", "date", "dt"})

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return module.is_ours and module.path != "foundation/clock.py"

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value).rpartition(".")[2]
            if node.func.attr in self.READINGS and owner in self.CLOCKS and not self._only_converts(node):
                self.report(node)
            if owner == "time" and node.func.attr in ("time", "time_ns"):
                self.report(node)
        self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        names = {alias.name for alias in node.names}
        if node.module == "django.utils.timezone" and names & self.READINGS:
            self.report(node)
        if node.module == "time" and names & {"time", "time_ns"}:
            self.report(node)
        if (node.module or "").startswith("django.db.models.functions") and "Now" in names:
            self.report(node)

    @staticmethod
    def _only_converts(node: ast.Call) -> bool:
        # timezone.localtime(value) turns an instant into a zone's time; without one it reads the clock.
        return node.func.attr in ("localtime", "localdate") and bool(node.args)  # type: ignore[attr-defined]


class HttpThroughOneClient(Rule):
    name = "http-through-one-client"
    sentence = "The outside is called through foundation/http or a PSP adapter, which keep the guards."
    bad = (
        Snippet("payments/operations/x.py", "import http.client\n"),
        Snippet("payments/steps/x.py", "from urllib.request import urlopen\n"),
        Snippet("disputes/operations/x.py", "import socket\n"),
        Snippet("disputes/operations/x.py", "import smtplib\n"),
        Snippet("payments/psp/port.py", "import urllib3\n"),
    )
    good = (
        Snippet("payments/operations/x.py", "from http import HTTPStatus\n"),
        Snippet("payments/operations/x.py", "from urllib.parse import urlsplit\n"),
        Snippet("foundation/http/client.py", "import socket\n"),
        Snippet("payments/psp/stripe/transport.py", "import urllib3\n"),
    )

    MODULES = ("http.client", "urllib.request", "urllib3", "socket", "httpx", "aiohttp", "smtplib", "ftplib")

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        is_adapter = module.path.startswith("payments/psp/") and len(module.parts) > len(
            ("payments", "psp", "port")
        )
        return module.is_ours and not is_adapter and not module.path.startswith("foundation/http/")

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if self._is_outside(alias.name):
                self.report(node, f"It imports {alias.name}.")

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        if any(map(self._is_outside, names)):
            self.report(node, f"It imports from {node.module}.")

    def _is_outside(self, name: str) -> bool:
        return any(name == module or name.startswith(f"{module}.") for module in self.MODULES)


class AcrossMerchantsListed(Rule):
    name = "across-merchants-listed"
    sentence = (
        "across_merchants sees every tenant's rows: use objects.for_merchant(merchant_id), or add the"
        " place and its reason to ACROSS_MERCHANTS."
    )
    bad = (
        Snippet("payments/queries/x.py", "Refund.across_merchants.get(id=i)\n"),
        Snippet("payments/operations/x.py", "Refund._base_manager.get(id=i)\n"),
        Snippet("payments/operations/x.py", "Refund._default_manager.get(id=i)\n"),
    )
    good = (
        Snippet("payments/queries/x.py", "Refund.objects.for_merchant(m).get(id=i)\n"),
        Snippet("payments/admin/x.py", "Refund.across_merchants.all()\n"),
        Snippet("foundation/jobs/relay.py", "X.across_merchants.all()\n"),
        Snippet("payments/steps/x.py", "X.across_merchants.bulk_create([x], ignore_conflicts=True)\n"),
    )

    DOORS = frozenset({"across_merchants", "_base_manager", "_default_manager"})

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return module.is_ours and not is_across_merchants_place(module)

    def visit_Call(self, node: ast.Call) -> None:
        # An insert sees no rows, and the new row names its merchant itself.
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("create", "bulk_create"):
            for argument in (*node.args, *node.keywords):
                self.visit(argument)
        else:
            self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr in self.DOORS and ast.unparse(node.value) not in ("get_user_model()",):
            self.report(node)
        self.generic_visit(node)


def is_across_merchants_place(module: Module) -> bool:
    if any(module.path == place or module.path.startswith(place) for place in ACROSS_MERCHANTS):
        return True
    return any(room in module.parts[1:] for room in ACROSS_MERCHANTS_ROOMS)


class SandboxStandsApart(Rule):
    name = "sandbox-apart"
    sentence = "The sandbox is another company's computer: it imports nothing of ours, and only its command starts it."
    bad = (
        Snippet("payments/psp/sandbox/server.py", "from foundation.money import Money\n"),
        Snippet("payments/psp/sandbox/server.py", "from payments.psp.port import PspConnector\n"),
        Snippet("payments/psp/sandbox/server.py", "import django\n"),
        Snippet("payments/psp/stripe/connector.py", "from payments.psp.sandbox.books import Books\n"),
        Snippet("payments/operations/x.py", "import payments.psp.sandbox.books\n"),
        Snippet("payments/operations/x.py", "from payments.psp import sandbox\n"),
    )
    good = (
        Snippet(
            "payments/psp/sandbox/server.py", "import sqlite3\nfrom payments.psp.sandbox.books import Books\n"
        ),
        Snippet(
            "payments/management/commands/psp_sandbox.py", "from payments.psp.sandbox.server import serve\n"
        ),
        Snippet("payments/operations/x.py", "from payments.psp.port import Credentials\n"),
    )

    HOME = "payments.psp.sandbox"
    COMMAND = "payments/management/commands/psp_sandbox.py"
    OURS = ("django", "foundation", "ledger", "payments", "disputes", "subscriptions", "payments_site")

    @classmethod
    def applies_to(cls, module: Module) -> bool:
        return module.app in APPS and module.path != cls.COMMAND

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._judge(node, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self._judge(node, f"{node.module}.{alias.name}")

    def _judge(self, node: ast.stmt, name: str) -> None:
        is_sandbox = name == self.HOME or name.startswith(f"{self.HOME}.")
        if self.module.path.startswith(SANDBOX):
            if not is_sandbox and name.partition(".")[0] in self.OURS:
                self.report(node, f"It imports {name}.")
        elif is_sandbox:
            self.report(node, f"{self.module.path} imports {name}.")
