"""The sandbox as one thing: its books, clock, faults, webhooks and faces, and what happens to each request.

A new provider's face is one more entry in `_faces`.
"""

import logging
import threading
from pathlib import Path
from typing import Any

from .adyen.card_updates import MARK as TOKEN_MARK
from .adyen.card_updates import header_of
from .adyen.face import AdyenFace
from .adyen.notifications import ACCEPTED, signed
from .ageing import Ageing
from .books import Books, Record
from .clock import Clock, wall_seconds
from .controls import Controls
from .courier import Courier, Letter
from .faults import FaultScript, Rule
from .stripe.call import Orders
from .stripe.face import Done, StripeFace
from .stripe.signing import signed_headers
from .webhooks import EVERYONE, Mailbox
from .wire import Conduct, Reply, Request, Server

BEFORE_BOOKING = frozenset(
    {"timeout_before_booking", "error_before_booking", "reset_before_booking", "status_429"}
)
Face = StripeFace | AdyenFace
GARBAGE = b'{"id": "pi_<html><h1>502 Bad Gateway</h1></html>'
UNDECODABLE_GARBAGE = b'{"id": "pi_\xff\xfe\x00'


ADYEN_MARK = b'{"live":'

logger = logging.getLogger("psp_sandbox")


class Sandbox:
    """`start()` serves until `stop()`. Port 0 picks a free one; `base_url` says which."""

    def __init__(
        self,
        *,
        books_path: str | Path,
        host: str = "127.0.0.1",
        port: int = 0,
        fault_rules: list[dict[str, Any]] | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        settle_seconds: float = 5.0,
    ) -> None:
        self.books = Books(books_path)
        self.clock = Clock(float(self.books.setting("clock_offset_seconds", "0")))
        self.faults = FaultScript(fault_rules or ())
        self.mailbox = Mailbox(self.books, self.faults)
        if webhook_url:
            self.mailbox.register(EVERYONE, webhook_url, webhook_secret, (), self.clock.now())
        self._stripe = StripeFace(self.books, self.clock, self.mailbox, settle_seconds)
        self._adyen = AdyenFace(self.books, self.clock, self.mailbox, settle_seconds)
        self._faces: list[Face] = [self._stripe, self._adyen]
        self.courier = Courier(self.books, self.mailbox, dressed)
        self.ageing = Ageing(self.books, self.clock, self._work_off)
        self._controls = Controls(self)
        self._server = Server(host, port, self._respond)
        for face in self._faces:
            face.base_url = self._server.base_url
        self._stopped = threading.Event()

    @property
    def base_url(self) -> str:
        return self._server.base_url

    @property
    def stripe(self) -> StripeFace:
        return self._stripe

    @property
    def adyen(self) -> AdyenFace:
        return self._adyen

    def face_of_payment(self, account: str, named: str) -> Face:
        """Whose payment it is; Stripe's face answers for what nobody knows."""
        record = self.books.find("payment_intents", account, named)
        return self._adyen if record and record.body["object"] == "payment" else self._stripe

    def face_of_dispute(self, account: str, dispute_id: str) -> Face:
        record = self.books.find("disputes", account, dispute_id)
        return self._adyen if record and record.body["object"] == "adyen_dispute" else self._stripe

    def start(self) -> None:
        self.courier.start()
        self.ageing.start()
        self._server.start()

    def stop(self) -> None:
        """Safe to call twice. What was booked is on disk; what was waiting goes out after the next start."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        self._server.stop()
        self.courier.stop()
        self.ageing.stop()
        self.books.close()

    def send(self, deliveries: list[int]) -> None:
        if deliveries:
            self.courier.offer(self.mailbox.due_times(deliveries))

    def find_challenged(self, object_id: str) -> tuple[Face, Record | None]:
        """Whose challenge page is opened, and the payment or setup it is of."""
        record = self._adyen.find_challenged(object_id)
        return (self._adyen, record) if record else (self._stripe, self._stripe.find_challenged(object_id))

    def _work_off(self, kind: str, account: str, object_id: str) -> bool:
        face = self._adyen if self._adyen.works_off(kind) else self._stripe
        changed, deliveries = face.work_off(kind, account, object_id)
        self.send(deliveries)
        return changed

    def _respond(self, request: Request) -> Reply:
        try:
            return self._answer(request)
        except Exception:
            if not self._stopped.is_set():
                logger.exception("%s %s failed", request.method, request.path)
            return Reply(500, b'{"error":{"type":"api_error","message":"The sandbox itself has failed."}}')

    def _answer(self, request: Request) -> Reply:
        for face in self._faces:
            if request.path.startswith(face.prefix):
                return self._through_faults(face, request)
        return self._controls.respond(request)

    def _through_faults(self, face: Face, request: Request) -> Reply:
        asked: Any = face.read(request)
        if isinstance(asked, Reply):
            return asked
        rule = self.faults.for_request(face.facts(asked))
        if rule and rule.fault in BEFORE_BOOKING:
            return _fail_before_booking(face, asked, rule)
        started_at = wall_seconds()
        done = face.perform(asked, orders_of(rule))
        done.reply.when_leaving = lambda: self.send(done.deliveries)
        if rule:
            self._spoil(face, asked, done, rule, started_at)
        return done.reply

    def _spoil(self, face: Face, asked: Any, done: Done, rule: Rule, started_at: float) -> None:
        """Booked and remembered; now the answer goes astray as ordered."""
        reply, seconds = done.reply, float(rule.options.get("seconds", 0.0))
        match rule.fault:
            case "answer_late":
                # The key stays in flight meanwhile: the provider is slow, not finished.
                reply.conduct = Conduct(hold_seconds=seconds)
                return
            case "webhook_before_answer":
                self.courier.send_now(self.mailbox.due_times(done.deliveries), seconds)
                reply.when_leaving = None
                return
            case "drip":
                reply.conduct = Conduct(drip_seconds=seconds)
            case "timeout_after_booking":
                reply.conduct = Conduct(hold_seconds=seconds, ending="close")
            case "reset_after_booking":
                reply.conduct = Conduct(ending="reset")
            case "garbage_after_booking":
                undecodable = rule.options["undecodable"]
                reply.status, reply.body = 200, UNDECODABLE_GARBAGE if undecodable else GARBAGE
            case "error_after_booking":
                error = face.server_error(asked, int(rule.options["status"]))
                reply.status, reply.body, reply.headers = error.status, error.body, error.headers
        # The booking is over whatever becomes of its answer, so the same key may be asked again at once.
        over, reply.when_over = reply.when_over, None
        if over:
            over()


def _fail_before_booking(face: Face, asked: Any, rule: Rule) -> Reply:
    match rule.fault:
        case "status_429":
            return face.rate_limited(asked)
        case "error_before_booking":
            return face.server_error(asked, int(rule.options["status"]))
        case "reset_before_booking":
            return Reply(0, b"", conduct=Conduct(ending="reset"))
    return Reply(0, b"", conduct=Conduct(hold_seconds=float(rule.options["seconds"]), ending="close"))


def orders_of(rule: Rule | None) -> Orders:
    """What a fault changes in the booking itself."""
    if rule is None:
        return Orders()
    options = rule.options
    match rule.fault:
        case "forget_key":
            return Orders(forget_key=True)
        case "wrong_amount":
            return Orders(amount_minor=options["amount"], amount_delta_minor=int(options["delta"]))
        case "inquiry_lag":
            return Orders(lag_seconds=float(options["seconds"]))
        case "refund_returned":
            return Orders(return_refund_after_seconds=float(options["seconds"]))
        case "modification_fails":
            return Orders(fail_modification=True)
    return Orders()


def dressed(body: bytes, secret: str, at: float) -> Letter:
    """A webhook as its provider sends it, and what it takes for accepted."""
    if body.startswith(TOKEN_MARK):
        return Letter(body, header_of(body, secret), b"")
    if body.startswith(ADYEN_MARK):
        return Letter(signed(body, secret), {"Content-Type": "application/json; charset=utf-8"}, ACCEPTED)
    return Letter(body, signed_headers(body, secret, at), b"")
