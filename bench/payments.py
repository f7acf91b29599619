"""Payments per second: create and confirm in one API call, over real HTTP, with the PSP's sandbox behind it.

Everything shares the machine: this client, web, workers, relay, PostgreSQL, Redis and the sandbox. A payment here is
the whole thing: attempt, PSP call, capture, ledger entry, events, and afterwards the PSP's webhook and its job.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import threading
import time
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

CONNECTIONS = (1, 4, 16)
SECONDS = 10.0
WARM_UP_PAYMENTS = 20
COUNTED_PAYMENTS = 10


def main() -> dict[str, Any]:
    """Rates, latencies in milliseconds, statements and transactions of one payment."""
    from payments_site.demo.shop import open_shop

    shop = open_shop()
    base_url = os.environ["PUBLIC_BASE_URL"]
    method = _create_method(base_url, shop.api_key)
    _load(base_url, shop.api_key, method, connections=1, payments=WARM_UP_PAYMENTS)
    rates = {}
    for connections in CONNECTIONS:
        rates[f"{connections}_connections"] = _load(
            base_url, shop.api_key, method, connections=connections, seconds=SECONDS
        )
    return {**rates, "one_payment": _statements(shop.merchant_id, shop.api_key, method)}


def _load(
    base_url: str, api_key: str, method: str, *, connections: int, seconds: float = 0, payments: int = 0
) -> dict[str, float]:
    """Each connection pays in a closed loop until the time, or its number of payments, is up."""
    latencies: list[float] = []
    failures: list[str] = []
    ends_at = time.perf_counter() + seconds if seconds else None
    started = time.perf_counter()

    def till(number: int) -> None:
        connection = _connect(base_url)
        done = 0
        while (ends_at and time.perf_counter() < ends_at) or done < payments:
            begun = time.perf_counter()
            status, body = _post(
                connection, "/v1/payment_intents", api_key, _payment(method), f"{begun}:{number}"
            )
            latencies.append((time.perf_counter() - begun) * 1_000)
            if status != 200 or body.get("status") != "succeeded":
                failures.append(f"{status} {body.get('status')} {body.get('error')}")
            done += 1
        connection.close()

    tills = [threading.Thread(target=till, args=(number,)) for number in range(connections)]
    for thread in tills:
        thread.start()
    for thread in tills:
        thread.join()
    elapsed = time.perf_counter() - started
    if failures:
        print(f"{len(failures)} payments did not succeed, the first: {failures[0]}")
    cuts = statistics.quantiles(latencies, n=100)
    return {
        "payments_per_second": round((len(latencies) - len(failures)) / elapsed, 1),
        "p50_ms": round(cuts[49], 1),
        "p99_ms": round(cuts[98], 1),
        "failures": len(failures),
    }


def _statements(merchant_id: UUID, api_key: str, method: str) -> dict[str, float]:
    """SQL of one payment as its request makes it, counted in this process through the same views."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    statements = transactions = 0
    for number in range(COUNTED_PAYMENTS + 1):
        with CaptureQueriesContext(connection) as captured:
            answer = client.post(
                "/v1/payment_intents",
                urlencode(_payment(method)),
                content_type="application/x-www-form-urlencoded",
                headers={"Authorization": f"Bearer {api_key}", "Idempotency-Key": f"{time.time()}:{number}"},
            )
        if answer.status_code != 200:
            print(f"a counted payment answered {answer.status_code}: {answer.content[:200]!r}")
        if number == 0:
            continue
        words = [query["sql"].split(None, 1)[0].upper() for query in captured.captured_queries]
        control = sum(word in ("BEGIN", "COMMIT", "ROLLBACK") for word in words)
        statements += len(words) - control
        transactions += words.count("BEGIN")
    return {
        "sql_statements": statements / COUNTED_PAYMENTS,
        "explicit_transactions": transactions / COUNTED_PAYMENTS,
    }


def _create_method(base_url: str, api_key: str) -> str:
    connection = _connect(base_url)
    body = {"type": "card", "card[token]": "pm_card_visa"}
    status, answer = _post(connection, "/v1/payment_methods", api_key, body, f"bench:{time.time()}")
    connection.close()
    if status != 200:
        raise SystemExit(f"no payment method to pay with: {answer}")
    return str(answer["id"])


def _payment(method: str) -> dict[str, str]:
    return {
        "amount": "1099",
        "currency": "gbp",
        "payment_method": method,
        "confirm": "true",
        "return_url": "https://shop.example.com/thanks",
        "metadata[order]": "bench",
    }


def _connect(base_url: str) -> http.client.HTTPConnection:
    parts = urlsplit(base_url)
    return http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=30)


def _post(
    connection: http.client.HTTPConnection, path: str, api_key: str, body: dict[str, str], key: str
) -> tuple[int, dict[str, Any]]:
    headers = {
        "Authorization": f"Bearer {api_key}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Idempotency-Key": key,
    }
    connection.request("POST", path, urlencode(body), headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())
