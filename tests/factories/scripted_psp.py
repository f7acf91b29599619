"""A scripted PSP: the sandbox as a real HTTP server, its fault script, its clock and its own books."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from payments.psp.sandbox.sandbox import Sandbox


class ScriptedPsp:
    """Speaks to the sandbox's controls. `key` is this test's account there: books of its own."""

    def __init__(self, sandbox: Sandbox, key: str) -> None:
        self.sandbox = sandbox
        self.base_url = sandbox.base_url
        self.key = key
        self.rules: list[dict[str, Any]] = []

    def fails(
        self, fault: str, *, operation: str | list[str] = "authorize", times: int = 1, **parameters: Any
    ) -> None:
        """From now on, the next `times` calls of the operation on this account meet the fault, after the ones named
        before. Names and parameters: payments/psp/sandbox/README.md. A replaced script counts anew, so all faults of
        a test are named before the calls that they strike, or after `heals`.
        """
        match = {"operation": operation, "account": self.key}
        self.rules.append({"match": match, "times": times, "fault": fault, **parameters})
        self._post("/sandbox/faults", {"rules": self.rules})

    def struck(self) -> list[int]:
        """How often each fault named since `heals` has struck, in the order named."""
        answer = requests.get(f"{self.base_url}/sandbox/faults", timeout=5).json()
        return [rule["fired"] for rule in answer["rules"]]

    def heals(self) -> None:
        self.rules.clear()
        requests.delete(f"{self.base_url}/sandbox/faults", timeout=5).raise_for_status()

    def time_passes(self, *, seconds: int) -> None:
        self._post("/sandbox/clock", {"advance_seconds": seconds})

    def books(self) -> dict[str, dict[str, int]]:
        """Its own truth, by currency; empty when nothing was ever booked."""
        answer = requests.get(f"{self.base_url}/books", params={"account": self.key}, timeout=5)
        accounts: dict[str, Any] = answer.json()["accounts"]
        return dict(accounts.get(self.key, {}))

    def entries(self) -> list[dict[str, Any]]:
        """Every movement of its balance, in the order in which it booked them."""
        found: list[dict[str, Any]] = []
        after, has_more = 0, True
        while has_more:
            query = {"account": self.key, "after": str(after), "limit": "1000"}
            page = requests.get(f"{self.base_url}/books/entries", params=query, timeout=5).json()
            found += page["entries"]
            after, has_more = page["next_after"], page["has_more"]
        return found

    def disputes(self, payment_intent: str, **wish: Any) -> dict[str, Any]:
        """The cardholder disputes a payment, by the PSP's reference of it; the dispute as the PSP has it. Wishes:
        payments/psp/sandbox/README.md."""
        return self._post(
            "/sandbox/disputes", {"account": self.key, "payment_intent": payment_intent, **wish}
        )

    def decides(self, dispute: str, verdict: str) -> dict[str, Any]:
        """The bank decides: won, lost, escalate or second_chargeback."""
        return self._post(f"/sandbox/disputes/{dispute}", {"account": self.key, "verdict": verdict})

    def charges(self, currency: str = "usd") -> int:
        return self.books().get(currency, {}).get("captures_count", 0)

    def refunds(self, currency: str = "usd") -> int:
        return self.books().get(currency, {}).get("refunds_count", 0)

    def pays_out(self, **order: Any) -> list[dict[str, Any]]:
        """Everything it holds, at the bank at once unless `order` says otherwise; its payouts, one a currency."""
        wanted = {"account": self.key, "include_pending": True, "arrival_seconds": 0} | order
        answer = requests.post(f"{self.base_url}/sandbox/payouts", json=wanted, timeout=10)
        answer.raise_for_status()
        payouts: list[dict[str, Any]] = answer.json()["payouts"]
        return payouts

    def report(self, name: str, **wish: Any) -> dict[str, Any]:
        """A file of the PSP or the bank: {"file_name", "content", "planted", …}."""
        answer = requests.post(
            f"{self.base_url}/sandbox/reports/{name}", json={"account": self.key} | wish, timeout=10
        )
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told

    def completes_challenge(self, url: str) -> requests.Response:
        """The customer passes 3-D Secure on the challenge page."""
        return requests.post(f"{url}/complete", timeout=5, allow_redirects=False)

    def fails_challenge(self, url: str) -> requests.Response:
        return requests.post(f"{url}/fail", timeout=5, allow_redirects=False)

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = requests.post(f"{self.base_url}{path}", json=body, timeout=5)
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said


@contextmanager
def running_sandbox() -> Iterator[Sandbox]:
    with tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
        sandbox = Sandbox(books_path=Path(folder) / "books.sqlite3")
        sandbox.start()
        try:
            yield sandbox
        finally:
            sandbox.stop()
