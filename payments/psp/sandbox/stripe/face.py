"""Stripe's HTTP face: from a request to an answer, with Stripe's authentication, idempotency and errors.

Two steps, so that the fault script can come between them: `read` says what is asked, `perform` does it. Does
not live here: what endpoints do (the modules named in `routes.py`) and how answers go astray (`..sandbox`).
"""

import base64
import binascii
import hashlib
import threading
from dataclasses import dataclass

from ..books import Body, Books, Record, RememberedAnswer, to_json
from ..clock import Clock
from ..faults import Facts
from ..form import FormUnreadable, parse_form
from ..ids import new_id
from ..multipart import Upload, is_multipart, parse_multipart
from ..pages import return_location
from ..webhooks import Mailbox
from ..wire import FileContents, Reply, Request
from . import (
    API_VERSION,
    KEY_PREFIXES,
    bank_payments,
    captures,
    confirmation,
    dispute_verdicts,
    disputing,
    payouts,
    refunds,
    setup_intents,
)
from .call import Call, Orders
from .dispute_shapes import Claim
from .expand import expand
from .refusals import (
    Refusal,
    invalid,
    key_in_use,
    key_used_elsewhere,
    key_used_with_other_params,
    no_key,
    rate_limited,
    server_error,
    unknown_param,
    unknown_url,
    wrong_key,
)
from .routes import Route, find_route

# Stripe may forget a key after a day; a caller that relies on it for longer must find out here.
KEY_LIFETIME_SECONDS = 24 * 3600
MAX_KEY_LENGTH = 255


@dataclass(slots=True)
class Asked:
    """One request, understood."""

    account: str
    route: Route
    operation: str
    ids: tuple[str, ...]
    params: Body
    request: Request
    request_id: str
    key: str | None
    fingerprint: str


@dataclass(slots=True)
class Done:
    """The reply, and the webhooks that its booking put in the mailbox."""

    reply: Reply
    deliveries: list[int]


class StripeFace:
    prefix = "/v1/"

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
        request_id = new_id("req", 14)
        try:
            account = _account(request.headers.get("authorization", ""))
            found = find_route(request.method, request.path)
            if found is None:
                raise unknown_url(request.method, request.path)
            params = _parameters(request)
            route, ids = found
            for name in params:
                if name not in route.parameters:
                    raise unknown_param(name)
            key = request.headers.get("idempotency-key") if request.method == "POST" else None
            if key and len(key) > MAX_KEY_LENGTH:
                raise invalid(f"Idempotency keys can have up to {MAX_KEY_LENGTH} characters.")
        except Refusal as refusal:
            return self._refuse(refusal, request, request_id)
        self._books.open_account(account, new_id("acct_1", 15), self._clock.now())
        operation = route.operation
        if operation == "authorize" and not ids and params.get("confirm") != "true":
            operation = "create_payment_intent"
        fingerprint = _fingerprint(request, params)
        return Asked(account, route, operation, ids, params, request, request_id, key or None, fingerprint)

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
                return Done(self._refuse(key_in_use(asked.key), asked.request, asked.request_id), [])
            self._in_flight.add(holder)
        try:
            done = self._replay(asked, orders) or self._book(asked, orders)
        except BaseException:
            self._release(holder)
            raise
        done.reply.when_over = lambda: self._release(holder)
        return done

    def rate_limited(self, asked: Asked) -> Reply:
        return self._refuse(rate_limited(), asked.request, asked.request_id)

    def server_error(self, asked: Asked, status: int) -> Reply:
        return self._refuse(server_error(status), asked.request, asked.request_id)

    # Later work and cardholder pages

    def work_off(self, kind: str, account: str, object_id: str) -> tuple[bool, list[int]]:
        """Due work of this face. Returns whether it changed anything, and the deliveries it made."""
        work = {
            "expire_authorization": captures.expire_authorization,
            "settle_refund": refunds.settle,
            "fail_refund": refunds.fail,
            "settle_debit": bank_payments.settle,
            "return_debit": bank_payments.come_back,
            "arrive_payout": payouts.arrive,
            "fail_payout": payouts.fail,
            "open_dispute": disputing.open_by_card,
            "decide_dispute": dispute_verdicts.decide_by_evidence,
            "expire_dispute": dispute_verdicts.expire,
        }[kind]
        try:
            with self._books.transaction():
                call = self._call(account, kind)
                return work(call, object_id), call.deliveries
        except Refusal:
            return False, []  # The object is gone: a reset came between.

    def find_challenged(self, object_id: str) -> Record | None:
        """The payment or setup intent whose challenge page is opened."""
        table = "setup_intents" if object_id.startswith("seti_") else "payment_intents"
        return self._books.find_anywhere(table, object_id)

    def settle_challenge(self, record: Record, *, is_passed: bool) -> tuple[Record, list[int]]:
        with self._books.transaction():
            call = self._call(record.account, "authenticate")
            fresh = call.find(record.table, record.id)
            settle = (
                setup_intents.settle_authentication
                if record.table == "setup_intents"
                else confirmation.settle_authentication
            )
            settle(call, fresh, is_passed=is_passed)
            return fresh, call.deliveries

    def after_challenge(self, record: Record, *, is_passed: bool) -> tuple[Body, str | None]:
        """What a machine is told, and where a browser goes, if anywhere."""
        return_url = record.private.get("return_url")
        if not return_url:
            return record.body, None
        is_good = record.body["status"] in ("succeeded", "requires_capture", "processing")
        return record.body, return_location(return_url, record.body, is_passed=is_good)

    def pay_out(self, account: str, order: payouts.PayoutOrder) -> tuple[list[Body], list[int]]:
        """Pay an account's balance out. Returns the payouts and the deliveries they made."""
        with self._books.transaction():
            call = self._call(account, "payout")
            return payouts.pay_out(call, order), call.deliveries

    def open_claim(self, account: str, named: str, claim: Claim | None) -> tuple[Body, list[int]]:
        """A claim against a charge, or the intent's latest; without one an early fraud warning. Raises Refusal."""
        with self._books.transaction():
            call = self._call(account, "dispute")
            if named.startswith("pi_"):
                named = call.find("payment_intents", named).body["latest_charge"] or ""
            charge = call.find("charges", named)
            opened = (
                disputing.warn(call, charge) if claim is None else disputing.open_claim(call, charge, claim)
            )
            return opened, call.deliveries

    def decide_claim(self, account: str, dispute_id: str, verdict: str) -> tuple[Body, list[int]]:
        """As the bank decides. Raises Refusal."""
        with self._books.transaction():
            call = self._call(account, "dispute")
            dispute = call.find("disputes", dispute_id)
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
        call.request_id, call.idempotency_key = asked.request_id, asked.key
        host = asked.request.headers.get("host")
        if host:
            call.base_url = f"http://{host}"
        # Reading one object may make one: a magic payment method is minted by being looked at.
        is_list = asked.request.method == "GET" and not asked.ids
        try:
            with self._books.reading() if is_list else self._books.transaction():
                body, status = self._execute(asked, call)
                if isinstance(body, FileContents):
                    return Done(self._hand_out(asked, body), [])
                answer = to_json(body).encode()
                self._remember(asked, status, answer)
        except Refusal as refusal:
            reply = self._refuse(refusal, asked.request, asked.request_id)
            if refusal.is_remembered:
                self._remember(asked, reply.status, reply.body)
            return Done(reply, [])
        return Done(self._reply(asked, status, answer), call.deliveries)

    def _execute(self, asked: Asked, call: Call) -> tuple[Body | FileContents, int]:
        try:
            body = asked.route.endpoint(call, *asked.ids)
        except Refusal as refusal:
            if not refusal.is_booked:
                raise
            return {"error": refusal.error}, refusal.status
        paths = call.strings("expand")
        if isinstance(body, FileContents) or not paths:
            return body, 200
        return expand(call, body, paths), 200

    def _remember(self, asked: Asked, status: int, answer: bytes) -> None:
        if asked.key:
            remembered = RememberedAnswer(
                asked.request.path, asked.fingerprint, status, answer, asked.request_id, self._clock.now()
            )
            self._books.remember(asked.account, asked.key, remembered)

    def _replay(self, asked: Asked, orders: Orders) -> Done | None:
        key = asked.key or ""
        kept = None if orders.forget_key else self._books.remembered(asked.account, key)
        if kept is None or kept.created_at + KEY_LIFETIME_SECONDS < self._clock.now():
            return None
        if kept.path != asked.request.path:
            refusal = key_used_elsewhere(key, kept.path, asked.request.path)
            return Done(self._refuse(refusal, asked.request, asked.request_id), [])
        if kept.fingerprint != asked.fingerprint:
            return Done(self._refuse(key_used_with_other_params(key), asked.request, asked.request_id), [])
        reply = self._reply(asked, kept.status, kept.answer)
        reply.headers += [("Idempotent-Replayed", "true"), ("Original-Request", kept.request_id)]
        return Done(reply, [])

    def _release(self, holder: tuple[str, str]) -> None:
        with self._in_flight_lock:
            self._in_flight.discard(holder)

    def _metadata(self, asked: Asked) -> dict[str, str]:
        """The request's own metadata over that of the objects it names: a refund matches by its payment's
        too.
        """
        named = [*asked.ids, *(asked.params.get(name) for name in ("payment_intent", "charge"))]
        merged: dict[str, str] = {}
        for object_id in named:
            table = {"pi": "payment_intents", "ch": "charges", "re": "refunds", "du": "disputes"}.get(
                str(object_id).split("_")[0]
            )
            record = self._books.find(table, asked.account, str(object_id)) if table else None
            if record:
                merged |= record.body.get("metadata") or {}
        own = asked.params.get("metadata")
        return merged | own if isinstance(own, dict) else merged

    def _reply(self, asked: Asked, status: int, body: bytes) -> Reply:
        return Reply(status, body, _headers(asked.request, asked.request_id, asked.key))

    def _hand_out(self, asked: Asked, file: FileContents) -> Reply:
        headers = _headers(asked.request, asked.request_id, asked.key)
        return Reply(200, file.content, headers, file.content_type)

    def _refuse(self, refusal: Refusal, request: Request, request_id: str) -> Reply:
        error = refusal.error | {"request_log_url": f"https://dashboard.stripe.com/test/logs/{request_id}"}
        body = to_json({"error": error}).encode()
        return Reply(
            refusal.status, body, _headers(request, request_id, request.headers.get("idempotency-key"))
        )


def _headers(request: Request, request_id: str, key: str | None) -> list[tuple[str, str]]:
    headers = [
        ("Request-Id", request_id),
        ("Stripe-Version", request.headers.get("stripe-version", API_VERSION)),
    ]
    if key:
        headers.append(("Idempotency-Key", key))
    return headers


def _account(authorization: str) -> str:
    """The secret key, from `Bearer KEY` or the user name of Basic authentication. Raises the 401s."""
    scheme, _, credential = authorization.partition(" ")
    credential = credential.strip()
    if scheme.lower() == "basic":
        try:
            credential = base64.b64decode(credential).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            credential = ""
    elif scheme.lower() != "bearer":
        credential = ""
    if not credential:
        raise no_key()
    if not credential.startswith(KEY_PREFIXES) or len(credential) <= len("sk_test_"):
        raise wrong_key(credential)
    return credential


def _parameters(request: Request) -> Body:
    try:
        params = parse_form(request.query) if request.query else {}
        content_type = request.headers.get("content-type", "")
        if request.body and is_multipart(content_type):
            params |= parse_multipart(request.body, content_type)
        elif request.body:
            params |= parse_form(request.body.decode())
    except (FormUnreadable, UnicodeDecodeError) as error:
        raise invalid(str(error)) from error
    return params


def _fingerprint(request: Request, params: Body) -> str:
    """The same for the same request sent again; a form with a file has another boundary each time."""
    sent = request.body
    if is_multipart(request.headers.get("content-type", "")):
        parts = [
            f"{name}={hashlib.sha256(value.content).hexdigest() if isinstance(value, Upload) else value}"
            for name, value in sorted(params.items())
        ]
        sent = "&".join(parts).encode()
    return hashlib.sha256(request.query.encode() + b"\n" + sent).hexdigest()
