"""A tax service of our own, in its own process: `python -m payments.psp.sandbox.tax --port P`.

POST /v1/rates answers {"questions": [{"id", "seller_country", "customer_country", "tax_code", …}]} with
{"answers": [{"id", "rates": [{"id", "percentage", "jurisdiction", "taxability_reason"}]}]}. Faults are scripted by
POST /_faults {"fault", "times"}; GET /_asked tells how many questions were answered. It imports nothing of the project.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

STANDARD = {
    "AT": "20",
    "BE": "21",
    "CH": "8.1",
    "DE": "19",
    "ES": "21",
    "FR": "20",
    "GB": "20",
    "IT": "22",
    "NL": "21",
}
"""Standard rates of value added tax, per cent. Source: the countries' tax authorities, read 2026-11."""
REDUCED = {"DE": "7", "FR": "5.5", "AT": "10", "NL": "9"}
BOOKS = "txcd_35010000"
"""Stripe's tax code of books: a sale that is taxed less."""
SALES_TAX = {"CA": "7.25", "NY": "4", "TX": "6.25"}
HANG_SECONDS = 30
MOST_BYTES = 262_144


class TaxSandbox(ThreadingHTTPServer):
    """faults: what the next calls run into, in order. asked: how many questions were answered."""

    daemon_threads = True

    def __init__(self, port: int = 0, host: str = "127.0.0.1") -> None:
        super().__init__((host, port), _Handler)
        self.faults: list[str] = []
        self.asked = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def next_fault(self) -> str:
        with self.lock:
            return self.faults.pop(0) if self.faults else ""


class _Handler(BaseHTTPRequestHandler):
    server: TaxSandbox

    def do_GET(self) -> None:
        if self.path == "/_asked":
            self._answer(200, {"asked": self.server.asked})
        else:
            self._answer(404, {"error": "no such page"})

    def do_POST(self) -> None:
        told = json.loads(
            self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MOST_BYTES)) or b"{}"
        )
        if self.path == "/_faults":
            with self.server.lock:
                self.server.faults += [told["fault"]] * int(told.get("times", 1))
            self._answer(200, {"faults": self.server.faults})
        elif self.path == "/v1/rates":
            self._rates(told)
        else:
            self._answer(404, {"error": "no such page"})

    def _rates(self, told: dict[str, Any]) -> None:
        fault = self.server.next_fault()
        if fault == "hang":
            time.sleep(HANG_SECONDS)
        elif fault == "reset":
            self.connection.close()
        elif fault == "error":
            self._answer(500, {"error": "out of order"})
        elif fault == "busy":
            self._answer(429, {"error": "too many questions"})
        elif fault == "garbage":
            self._write(200, b"<html>")
        else:
            answers = [{"id": one["id"], "rates": rates_of(one)} for one in told["questions"]]
            with self.server.lock:
                self.server.asked += len(answers)
            self._answer(200, {"answers": answers})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        self._write(status, json.dumps(body).encode())

    def _write(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: who asked what is the caller's to log."""


def rates_of(question: dict[str, Any]) -> list[dict[str, str]]:
    """Value added tax where the customer is, sales tax by state in the United States, else none."""
    country, state = question.get("customer_country", ""), question.get("customer_state", "")
    if country == "US":
        percentage = SALES_TAX.get(state)
        return [_rate(f"US-{state}", percentage)] if percentage else []
    reduced = REDUCED.get(country) if question.get("tax_code") == BOOKS else None
    percentage = reduced or STANDARD.get(country)
    return [_rate(country, percentage)] if percentage else []


def _rate(jurisdiction: str, percentage: str) -> dict[str, str]:
    return {
        "id": f"{jurisdiction.lower()}-{percentage}",
        "percentage": percentage,
        "jurisdiction": jurisdiction,
        "taxability_reason": "standard_rated",
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="tax_sandbox")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--host", default="127.0.0.1")
    given = parser.parse_args()
    server = TaxSandbox(given.port, given.host)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    sys.stdout.write(json.dumps({"tax_service_url": server.url}) + "\n")
    sys.stdout.flush()
    server.serve_forever()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
