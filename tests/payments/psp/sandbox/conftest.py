"""A running sandbox, the official SDK pointed at it, plain HTTP beside it, and a receiver of webhooks."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe

from payments.psp.sandbox.sandbox import Sandbox

ACCOUNT = "sk_test_first"


@pytest.fixture
def start_sandbox(tmp_path: Path) -> Iterator[Callable[..., Sandbox]]:
    started: list[Sandbox] = []

    def start(**options: Any) -> Sandbox:
        sandbox = Sandbox(books_path=tmp_path / "books.sqlite3", **({"settle_seconds": 60.0} | options))
        sandbox.start()
        started.append(sandbox)
        return sandbox

    yield start
    for sandbox in started:
        sandbox.stop()


@pytest.fixture
def sandbox(start_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return start_sandbox()


def client_of(base_url: str, key: str = ACCOUNT, timeout_seconds: float = 10) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        base_addresses={"api": base_url},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=timeout_seconds),
    )


@pytest.fixture
def connect(sandbox: Sandbox) -> Callable[..., stripe.StripeClient]:
    return lambda **options: client_of(sandbox.base_url, **options)


@pytest.fixture
def client(connect: Callable[..., stripe.StripeClient]) -> stripe.StripeClient:
    return connect()


class Plain:
    """Requests without the SDK: control paths as JSON, API paths as raw form text."""

    def __init__(self, base_url: str) -> None:
        self.netloc = urlsplit(base_url).netloc

    def __call__(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any, dict[str, str]]:
        connection = http.client.HTTPConnection(self.netloc, timeout=10)
        encoded = body if isinstance(body, str | None) else json.dumps(body)
        connection.request(method, path, encoded, headers or {})
        answer = connection.getresponse()
        raw = answer.read()
        connection.close()
        is_json = answer.headers["Content-Type"] == "application/json"
        lower = {name.lower(): value for name, value in answer.headers.items()}
        return answer.status, json.loads(raw) if is_json else raw.decode(), lower


@pytest.fixture
def plain_at() -> type[Plain]:
    return Plain


@pytest.fixture
def plain(sandbox: Sandbox) -> Plain:
    return Plain(sandbox.base_url)


@pytest.fixture
def faults(plain: Plain) -> Callable[..., None]:
    """Put rules in force: `faults({"match": …, "fault": …}, …)`."""

    def put(*rules: dict[str, Any]) -> None:
        status, answer, _ = plain("POST", "/sandbox/faults", list(rules))
        assert status == 200, answer

    return put


@pytest.fixture
def pay(client: stripe.StripeClient) -> Callable[..., stripe.PaymentIntent]:
    """A confirmed payment of 10.00 USD with a working card, unless told otherwise."""

    def create(options: Any = None, **params: Any) -> stripe.PaymentIntent:
        given = {"amount": 1000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
        return client.v1.payment_intents.create(given | params, options or {})

    return create


@pytest.fixture
def pay_out(plain: Plain) -> Callable[..., list[dict[str, Any]]]:
    """Pay everything out and let it arrive at once, unless told otherwise; the payouts."""

    def order(**options: Any) -> list[dict[str, Any]]:
        given = {"include_pending": True, "arrival_seconds": 0} | options
        status, answer, _ = plain("POST", "/sandbox/payouts", given)
        assert status == 200, answer
        return list(answer["payouts"])

    return order


class Receiver:
    """Keeps every webhook it is sent. It answers `status`, and what `says` has left, the last one for ever;
    `wait_for` waits for the n-th delivery."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        self.says = [b""]
        self._arrived = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver._arrived:
                    receiver.received.append((dict(self.headers.items()), body))
                    receiver._arrived.notify_all()
                said = receiver.says.pop(0) if len(receiver.says) > 1 else receiver.says[0]
                self.send_response(receiver.status)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhook"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def wait_for(self, count: int, seconds: float = 5.0) -> list[dict[str, Any]]:
        with self._arrived:
            self._arrived.wait_for(lambda: len(self.received) >= count, seconds)
            return self.events

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.received]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def stay_silent(self, seconds: float) -> None:
        """Give stray deliveries the time to arrive."""
        time.sleep(seconds)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def endpoint(plain: Plain, receiver: Receiver) -> dict[str, Any]:
    """The receiver, registered for the first account with the default events."""
    status, body, _ = plain(
        "POST",
        "/sandbox/webhook_endpoints",
        {"account": ACCOUNT, "url": receiver.url, "secret": "whsec_of_test"},
    )
    assert status == 200
    assert isinstance(body, dict)
    return body
