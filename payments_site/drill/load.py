"""Payments at a steady pace through the public API, several at once, each noted with when it began and how it ended."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import requests

from foundation.ids import new_id

TILLS = 24
AMOUNT = 1_000
CURRENCY = "usd"
PATIENCE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Payment:
    """began, answered: seconds since the load began. status: the intent's, or the error's code. intent: its public id,
    empty when there was no answer to read it from."""

    began: float
    answered: float
    status: str
    intent: str = ""

    @property
    def is_authorized(self) -> bool:
        return self.status == "succeeded"

    @property
    def is_in_doubt(self) -> bool:
        return self.status == "processing"


class Load:
    """rate: payments begun per second, however long the earlier ones take, up to as many as there are tills."""

    def __init__(self, *, api_base: str, api_key: str, method: str, rate: float) -> None:
        self.payments: list[Payment] = []
        self._url = f"{api_base}/v1/payment_intents"
        self._api_key = api_key
        self._method = method
        self._of_thread = threading.local()
        self._pause = 1 / rate
        self._began_at = time.monotonic()
        self._is_over = threading.Event()
        self._clock = threading.Thread(target=self._run, name="load")

    def begin(self) -> None:
        self._began_at = time.monotonic()
        self._clock.start()

    def seconds(self) -> float:
        return time.monotonic() - self._began_at

    def wait_until(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds - self.seconds()))

    def end(self) -> None:
        """Begin no more, and wait for the answers that are out."""
        self._is_over.set()
        self._clock.join()

    def _run(self) -> None:
        due = time.monotonic()
        with ThreadPoolExecutor(TILLS) as tills:
            while not self._is_over.is_set():
                tills.submit(self._pay)
                due += self._pause
                self._is_over.wait(max(0.0, due - time.monotonic()))

    def _pay(self) -> None:
        began = self.seconds()
        status, intent = self._ask()
        self.payments.append(Payment(began, self.seconds(), status, intent))

    def _ask(self) -> tuple[str, str]:
        try:
            answer = self._session().post(
                self._url,
                data={
                    "amount": AMOUNT,
                    "currency": CURRENCY,
                    "payment_method": self._method,
                    "confirm": "true",
                    "return_url": "https://shop.example.com/thanks",
                },
                headers={"Authorization": f"Bearer {self._api_key}", "Idempotency-Key": str(new_id())},
                timeout=PATIENCE_SECONDS,
            )
            body = answer.json()
        except (requests.RequestException, ValueError) as error:
            return type(error).__name__, ""
        if answer.ok:
            return body["status"], body["id"]
        refusal = body.get("error", {})
        return str(refusal.get("code") or answer.status_code), refusal.get("payment_intent", {}).get("id", "")

    def _session(self) -> requests.Session:
        # One for each till: a session is not made for several threads at once.
        if not hasattr(self._of_thread, "session"):
            self._of_thread.session = requests.Session()
        session: requests.Session = self._of_thread.session
        return session
