"""Sends webhooks: a few threads, kept-alive connections, retries with backoff. Never on the path of a
request.

Deliveries are rows, so whatever was waiting when the process died goes out after the next start; a delivery
whose answer was lost goes out again, as with the real provider.
"""

import heapq
import http.client
import logging
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from .books import Books
from .clock import wall_seconds
from .webhooks import Due, Mailbox

WORKERS = 8
TIMEOUT_SECONDS = 10.0
STOP_WITHIN_SECONDS = 0.5
RETRY_AFTER_SECONDS = (1.0, 5.0, 30.0, 120.0, 600.0)

logger = logging.getLogger("psp_sandbox")


@dataclass(frozen=True, slots=True)
class Letter:
    """A webhook ready to go. receipt: what an answer has to hold beside a good status."""

    body: bytes
    headers: dict[str, str]
    receipt: bytes


Dress = Callable[[bytes, str, float], Letter]  # body, secret, wall second


class Courier:
    def __init__(self, books: Books, mailbox: Mailbox, dress: Dress) -> None:
        self._books = books
        self._mailbox = mailbox
        self._dress = dress
        self._wake = threading.Condition()
        self._queue: list[tuple[float, int]] = []
        self._busy: set[int] = set()
        self._watched: dict[int, threading.Event] = {}
        self._stopping = False
        self._local = threading.local()
        self._threads = [
            threading.Thread(target=self._work, name=f"sandbox-courier-{number}", daemon=True)
            for number in range(WORKERS)
        ]

    def start(self) -> None:
        self.offer(self._mailbox.waiting())
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop taking new deliveries; one being sent is left to its row and goes out at the next start."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        deadline = wall_seconds() + STOP_WITHIN_SECONDS
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, deadline - wall_seconds()))

    def offer(self, deliveries: Iterable[Due]) -> None:
        with self._wake:
            for delivery, due_at in deliveries:
                heapq.heappush(self._queue, (due_at, delivery))
                self._wake.notify()

    def send_now(self, deliveries: list[Due], within_seconds: float) -> None:
        """Offer them and wait until each has been tried once, but no longer than that."""
        tried = {delivery: threading.Event() for delivery, _ in deliveries}
        with self._wake:
            self._watched.update(tried)
        self.offer(deliveries)
        deadline = wall_seconds() + within_seconds
        for event in tried.values():
            event.wait(max(0.0, deadline - wall_seconds()))

    def forget_all(self) -> None:
        with self._wake:
            self._queue.clear()

    def _work(self) -> None:
        while True:
            delivery = self._next()
            if delivery is None:
                return
            try:
                self._deliver(delivery)
            except Exception:
                if self._stopping:
                    return  # The books may be closed; the row still waits and goes out at the next start.
                logger.exception("delivery %s failed; it goes out at the next start", delivery)
            finally:
                with self._wake:
                    self._busy.discard(delivery)
                    watched = self._watched.pop(delivery, None)
                if watched:
                    watched.set()

    def _next(self) -> int | None:
        with self._wake:
            while not self._stopping:
                wait: float | None = None
                if self._queue:
                    wait = self._queue[0][0] - wall_seconds()
                    if wait <= 0:
                        _, delivery = heapq.heappop(self._queue)
                        if delivery in self._busy:
                            continue
                        self._busy.add(delivery)
                        return delivery
                self._wake.wait(wait)
            return None

    def _deliver(self, delivery: int) -> None:
        row = self._books.row(
            "SELECT d.state, d.tries, d.endpoint, e.body FROM webhook_deliveries d JOIN events e ON e.id = "
            "d.event WHERE d.id = ?",
            (delivery,),
        )
        if row is None or row[0] != "waiting":
            return
        tries = row[1] + 1
        endpoint = self._mailbox.endpoint(row[2])
        if endpoint is None:
            self._record(delivery, "given_up", tries, "endpoint deleted")
            return
        answer = self._send(endpoint.url, endpoint.secret, row[3].encode())
        if answer.startswith("2"):
            self._record(delivery, "delivered", tries, answer)
        elif tries > len(RETRY_AFTER_SECONDS):
            self._record(delivery, "given_up", tries, answer)
        else:
            due_at = wall_seconds() + RETRY_AFTER_SECONDS[tries - 1]
            self._record(delivery, "waiting", tries, answer, due_at)
            self.offer([(delivery, due_at)])

    def _record(self, delivery: int, state: str, tries: int, answer: str, due_at: float = 0.0) -> None:
        self._books.execute(
            "UPDATE webhook_deliveries SET state = ?, tries = ?, last_answer = ?, due_at = ? WHERE id = ?",
            (state, tries, answer, due_at, delivery),
        )

    def _send(self, url: str, secret: str, body: bytes) -> str:
        """Status of the answer as text, or the reason why there is none."""
        target = urlsplit(url)
        path = target.path + (f"?{target.query}" if target.query else "") or "/"
        letter = self._dress(body, secret, wall_seconds())
        for is_retry in (False, True):
            connection, is_fresh = self._connection(target.scheme, target.netloc)
            try:
                connection.request("POST", path, letter.body, letter.headers)
                answer = connection.getresponse()
                said = answer.read()
                if answer.will_close:
                    connection.close()
                return str(answer.status) if letter.receipt in said else f"no receipt in {answer.status}"
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                # A kept connection the receiver has closed meanwhile says nothing about the receiver.
                if is_fresh or is_retry:
                    return f"{type(error).__name__}: {error}"[:200]
        raise AssertionError("unreachable")

    def _connection(self, scheme: str, netloc: str) -> tuple[http.client.HTTPConnection, bool]:
        connections: dict[tuple[str, str], http.client.HTTPConnection] | None
        connections = getattr(self._local, "connections", None)
        if connections is None:
            connections = self._local.connections = {}
        connection = connections.get((scheme, netloc))
        if connection is None:
            kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
            connection = connections[scheme, netloc] = kind(netloc, timeout=TIMEOUT_SECONDS)
        is_fresh = connection.sock is None
        if is_fresh:
            try:
                connection.connect()
                connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError:
                connection.close()  # `request` connects again and reports the reason.
        return connection, is_fresh
