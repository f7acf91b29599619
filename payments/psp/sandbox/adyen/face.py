"""Adyen's HTTP face: from a request to an answer, with Adyen's authentication, idempotency and errors.

Two steps, so that the fault script can come between them: `read` says what is asked, `perform` does it.
"""

import hashlib
import json
import threading
from dataclasses import dataclass
from urllib.parse import parse_qsl

from ..books import Body, Books, Record, RememberedAnswer, to_json
from ..clock import Clock
from ..faults import Facts
from ..ids import new_id
from ..stripe.call import Orders
from ..stripe.dispute_shapes import Claim
from ..stripe.face import Done
from ..webhooks import Mailbox
from ..wire import Reply, Request
from . import card_updates, dispute_verdicts, disputes, disputing, modifications, payments
from .call import Call, new_reference
from .refusals import (
    Refusal,
    invalid,
    key_in_flight,
    rate_limited,
    server_error,
    unauthorized,
    unknown_path,
)
from .routes import Route, find_route

# Adyen promises seven days at least; a caller that relies on it for longer must find out here.
KEY_LIFETIME_SECONDS = 7 * 24 * 3600
MAX_KEY_LENGTH = 64
WORK = modifications.WORK | disputing.WORK | dispute_verdicts.WORK


@dataclass(slots=True)
class Asked:
    """One request, understood."""

    account: str
    route: Route
    operation: str
    ids: tuple[str, ...]
    params: Body
    request: Request
    key: str | None
    fingerprint: str


class AdyenFace:
    prefix = ("/v71/", disputes.PREFIX)

    def __init__(self, books: Books, clock: Clock, mailbox: Mailbox, settle_seconds: float) -> None:
        self._books = books
        self._clock = clock
        self._mailbox = mailbox
        self._settle_seconds = settle_seconds
        self._in_flight: set[tuple[str, str]] = set()
        self._in_flight_lock = threading.Lock()
        self.base_url = ""

    # From request to reply

    def read(self, request: Request) -> Asked | Reply:
        """What is asked, or the reply that refuses it before any fault or booking."""
        try:
            account = request.headers.get("x-api-key", "")
            if not account:
                raise unauthorized()
            found = find_route(request.method, request.path)
            if found is None:
                raise unknown_path(request.method, request.path)
            params = _parameters(request)
            key = request.headers.get("idempotency-key") if request.method == "POST" else None
            if key and len(key) > MAX_KEY_LENGTH:
                raise invalid("Idempotency key is too long", "703")
        except Refusal as refusal:
            return _refuse(refusal, request)
        self._books.open_account(account, new_id("company", 15), self._clock.now())
        route, ids = found
        fingerprint = hashlib.sha256(request.body).hexdigest()
        operation = _operation(route, params)
        return Asked(account, route, operation, ids, params, request, key or None, fingerprint)

    def facts(self, asked: Asked) -> Facts:
        return Facts(
            operation=asked.operation,
            account=asked.account,
            metadata=lambda: self._metadata(asked),
            path=asked.request.path,
        )

    def perform(self, asked: Asked, orders: Orders) -> Done:
        """Book and answer, once per idempotency key. The reply's `when_over` frees the key."""
        if asked.key is None:
            return self._book(asked, orders)
        holder = (asked.account, asked.key)
        with self._in_flight_lock:
            if holder in self._in_flight:
                return Done(_refuse(key_in_flight(), asked.request), [])
            self._in_flight.add(holder)
        try:
            done = self._replay(asked, orders) or self._book(asked, orders)
        except BaseException:
            self._release(holder)
            raise
        done.reply.when_over = lambda: self._release(holder)
        return done

    def rate_limited(self, asked: Asked) -> Reply:
        return _refuse(rate_limited(), asked.request)

    def server_error(self, asked: Asked, status: int) -> Reply:
        return _refuse(server_error(status), asked.request)

    # Later work and shoppers' pages

    def works_off(self, kind: str) -> bool:
        return kind in WORK

    def work_off(self, kind: str, account: str, object_id: str) -> tuple[bool, list[int]]:
        """Due work of this face. Returns whether it changed anything, and the deliveries it made."""
        with self._books.transaction():
            call = self._call(account, kind)
            return WORK[kind](call, object_id), call.deliveries

    def find_challenged(self, object_id: str) -> Record | None:
        record = self._books.find_anywhere("payment_intents", object_id)
        return record if record and record.body["object"] == "payment" else None

    def settle_challenge(self, record: Record, *, is_passed: bool) -> tuple[Record, list[int]]:
        with self._books.transaction():
            call = self._call(record.account, "authenticate")
            fresh = call.payment(record.id)
            payments.settle_challenge(call, fresh, is_passed=is_passed)
            return fresh, call.deliveries

    def after_challenge(self, record: Record, *, is_passed: bool) -> tuple[Body, str]:
        """What a machine is told, and where a browser goes: back, with the result that /payments/details takes."""
        result = record.private.get("redirect_result", "")
        url = record.private["return_url"]
        location = f"{url}{'&' if '?' in url else '?'}redirectResult={result}"
        return {"id": record.id, "redirectResult": result, "returnUrl": url}, location

    def update_card(
        self, account: str, merchant_account: str, stored_id: str, change: Body, *, disabled: bool
    ) -> tuple[Body, list[int]]:
        """The networks' card updater speaks. Raises Refusal."""
        call = self._call(account, "card_update")
        with self._books.transaction():
            told = card_updates.update_card(call, merchant_account, stored_id, change, disabled=disabled)
        return told, call.deliveries

    def open_claim(self, account: str, named: str, claim: Claim | None) -> tuple[Body, list[int]]:
        """A claim against a payment; without one a notification of fraud. Raises Refusal."""
        with self._books.transaction():
            call = self._call(account, "dispute")
            payment = call.payment(named)
            opened = (
                disputing.warn(call, payment) if claim is None else disputing.open_claim(call, payment, claim)
            )
            return opened, call.deliveries

    def decide_claim(self, account: str, dispute_id: str, verdict: str) -> tuple[Body, list[int]]:
        """As the issuer decides. Raises Refusal."""
        with self._books.transaction():
            call = self._call(account, "dispute")
            dispute = self._books.find("disputes", account, dispute_id)
            if dispute is None:
                raise invalid("Error retrieving dispute.")
            dispute_verdicts.decide(call, dispute, verdict)
            return dispute.body, call.deliveries

    # Inside

    def _call(self, account: str, operation: str) -> Call:
        return Call(
            account=account,
            params={},
            books=self._books,
            mailbox=self._mailbox,
            now=self._clock.now(),
            base_url=self.base_url,
            operation=operation,
            settle_seconds=self._settle_seconds,
        )

    def _book(self, asked: Asked, orders: Orders) -> Done:
        """One transaction for the effect and its remembered answer: a crash keeps both or neither."""
        call = self._call(asked.account, asked.operation)
        call.params, call.orders = asked.params, orders
        host = asked.request.headers.get("host")
        if host:
            call.base_url = f"http://{host}"
        try:
            with self._books.transaction():
                body = asked.route.endpoint(call, *asked.ids)
                answer = to_json(body).encode()
                self._remember(asked, asked.route.status, answer)
        except Refusal as refusal:
            return Done(_refuse(refusal, asked.request), [])
        reply = Reply(asked.route.status, answer, _headers(asked.request, body.get("pspReference")))
        return Done(reply, call.deliveries)

    def _remember(self, asked: Asked, status: int, answer: bytes) -> None:
        if asked.key:
            kept = RememberedAnswer(
                asked.request.path, asked.fingerprint, status, answer, "", self._clock.now()
            )
            self._books.remember(asked.account, asked.key, kept)

    def _replay(self, asked: Asked, orders: Orders) -> Done | None:
        """The first answer, whatever is asked under the key now."""
        kept = None if orders.forget_key else self._books.remembered(asked.account, asked.key or "")
        if kept is None or kept.created_at + KEY_LIFETIME_SECONDS < self._clock.now():
            return None
        return Done(Reply(kept.status, kept.answer, _headers(asked.request)), [])

    def _release(self, holder: tuple[str, str]) -> None:
        with self._in_flight_lock:
            self._in_flight.discard(holder)

    def _metadata(self, asked: Asked) -> dict[str, str]:
        """The request's own metadata and reference over that of the payment it names."""
        merged: dict[str, str] = {}
        for object_id in asked.ids:
            record = self._books.find("payment_intents", asked.account, object_id)
            merged |= (record.body.get("metadata") or {}) if record else {}
        own = asked.params.get("metadata")
        merged |= own if isinstance(own, dict) else {}
        return merged | {"reference": str(asked.params.get("reference") or "")}


def _operation(route: Route, params: Body) -> str:
    amount = params.get("amount")
    is_check = isinstance(amount, dict) and amount.get("value") == 0
    return "setup" if route.operation == "authorize" and is_check else route.operation


def _parameters(request: Request) -> Body:
    if request.method != "POST":
        return dict(parse_qsl(request.query))
    try:
        params = json.loads(request.body or b"{}")
    except ValueError as error:
        raise Refusal(400, "702", "The request body is no JSON") from error
    if not isinstance(params, dict):
        raise Refusal(400, "702", "The request body is no JSON object")
    return params


def _refuse(refusal: Refusal, request: Request) -> Reply:
    reference = new_reference()
    headers = _headers(request, reference)
    if refusal.is_transient:
        headers.append(("Transient-Error", "true"))
    return Reply(refusal.status, to_json(refusal.body | {"pspReference": reference}).encode(), headers)


def _headers(request: Request, reference: str | None = None) -> list[tuple[str, str]]:
    headers = [("pspReference", reference)] if reference else []
    key = request.headers.get("idempotency-key")
    return [*headers, ("Idempotency-Key", key)] if key else headers
