"""The guard: a connector around a connector, which keeps deadlines, bulkhead, pace and circuit breaker.

Every operation of every PSP account has a circuit of its own: that charges fail is no reason not to refund, and least
of all not to ask. A refused call is NotSent: certain, so that the payment may go elsewhere at once. A refused inquiry
is Unknown, because it proves nothing of the call it asks about; an open inquiry circuit lets a probe through as any
other does, so a PSP that is back is found by the very looks that wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from foundation.resilience.hedging import HedgedReads
from payments.psp.admission import CallRefused, admitted, teach, teach_failure
from payments.psp.disputes import AcceptRequest, DisputeInquiryAnswer, EvidenceRequest
from payments.psp.making import MadeToken, MakeTokenRequest
from payments.psp.outcomes import CallRecord, NotSent, Unknown
from payments.psp.port import (
    Answer,
    AuthorizeRequest,
    Capabilities,
    CaptureRequest,
    CompleteRequest,
    Credentials,
    EventPage,
    IncrementRequest,
    InquireRequest,
    InquiryAnswer,
    ListEventsRequest,
    LookUpAnswer,
    LookUpRequest,
    PayoutsAnswer,
    PspConnector,
    PspNews,
    RefundRequest,
    SavedToken,
    SaveTokenRequest,
    SetupRequest,
    TokenDescription,
    VoidRequest,
)

T = TypeVar(
    "T",
    Answer,
    InquiryAnswer,
    LookUpAnswer,
    PayoutsAnswer,
    SavedToken,
    TokenDescription,
    MadeToken,
    EventPage,
    DisputeInquiryAnswer,
)

OPERATIONS = (
    "authorize",
    "capture",
    "increment",
    "void",
    "refund",
    "set_up",
    "save_token",
    "inquire",
    "look_up",
    "describe_token",
    "make_token",
    "complete",
    "list_events",
    "list_payouts",
    "submit_dispute_evidence",
    "accept_dispute",
    "inquire_dispute",
)
"""What has a circuit."""


class GuardedConnector:
    """Implements payments.psp.port.PspConnector by another one."""

    capabilities: Capabilities

    def __init__(self, connector: PspConnector) -> None:
        self._connector = connector
        # Of inquiries alone, and the type says so: asking twice changes nothing, charging twice does.
        self._hedged: HedgedReads[InquiryAnswer] = HedgedReads(_says_something)
        self.capabilities = connector.capabilities

    def authorize(self, credentials: Credentials, request: AuthorizeRequest) -> Answer:
        return _move(
            credentials, "authorize", request.psp_key, lambda c: self._connector.authorize(c, request)
        )

    def capture(self, credentials: Credentials, request: CaptureRequest) -> Answer:
        return _move(credentials, "capture", request.psp_key, lambda c: self._connector.capture(c, request))

    def increment(self, credentials: Credentials, request: IncrementRequest) -> Answer:
        return _move(
            credentials, "increment", request.psp_key, lambda c: self._connector.increment(c, request)
        )

    def void(self, credentials: Credentials, request: VoidRequest) -> Answer:
        return _move(credentials, "void", request.psp_key, lambda c: self._connector.void(c, request))

    def refund(self, credentials: Credentials, request: RefundRequest) -> Answer:
        return _move(credentials, "refund", request.psp_key, lambda c: self._connector.refund(c, request))

    def set_up(self, credentials: Credentials, request: SetupRequest) -> Answer:
        return _move(credentials, "set_up", request.psp_key, lambda c: self._connector.set_up(c, request))

    def save_token(self, credentials: Credentials, request: SaveTokenRequest) -> SavedToken:
        try:
            return _call(credentials, "save_token", lambda c: self._connector.save_token(c, request))
        except CallRefused as refusal:
            record = _record_of(refusal, "save_token", request.psp_key)
            return SavedToken(outcome=NotSent(reason=refusal.reason), call=record)

    def inquire(self, credentials: Credentials, request: InquireRequest) -> InquiryAnswer:
        def ask(timed: Credentials) -> InquiryAnswer:
            if self.capabilities.inquires_by_repeating:
                # Such an inquiry is the charge itself, sent again: never twice at once.
                return self._connector.inquire(timed, request)
            return self._hedged.ask(credentials.account_id, lambda: self._connector.inquire(timed, request))

        try:
            # It never waits: somebody else's charge needs the turn more, and this is asked again anyhow.
            return _call(credentials, "inquire", ask, waits=False)
        except CallRefused as refusal:
            # Not a call, so no row of one; and never NotSent, which would be taken for proof of absence.
            return InquiryAnswer(outcome=Unknown(reason=refusal.reason), call=None)

    def describe_token(
        self, credentials: Credentials, token: str, psp_customer_reference: str = ""
    ) -> TokenDescription:
        def ask(timed: Credentials) -> TokenDescription:
            return self._connector.describe_token(timed, token, psp_customer_reference)

        try:
            return _call(credentials, "describe_token", ask)
        except CallRefused as refusal:
            record = _record_of(refusal, "describe_token", "", word=f"unknown_{refusal.reason}")
            return TokenDescription(type="", card=None, call=record)

    def make_token(self, credentials: Credentials, request: MakeTokenRequest) -> MadeToken:
        try:
            return _call(credentials, "make_token", lambda c: self._connector.make_token(c, request))
        except CallRefused as refusal:
            record = _record_of(refusal, "make_token", request.psp_key)
            return MadeToken(outcome=NotSent(reason=refusal.reason), call=record)

    def complete(self, credentials: Credentials, request: CompleteRequest) -> Answer:
        try:
            return _call(credentials, "complete", lambda c: self._connector.complete(c, request))
        except CallRefused as refusal:
            # Not NotSent: the payment is at the PSP, and the customer may come again.
            record = _record_of(refusal, "complete", request.psp_key, word="unknown")
            return Answer(outcome=Unknown(reason=refusal.reason), call=record)

    def list_events(self, credentials: Credentials, request: ListEventsRequest) -> EventPage:
        try:
            return _call(
                credentials, "list_events", lambda c: self._connector.list_events(c, request), waits=False
            )
        except CallRefused as refusal:
            record = _record_of(refusal, "list_events", "", word=f"unknown_{refusal.reason}")
            return EventPage(bodies=None, call=record)

    def look_up(self, credentials: Credentials, request: LookUpRequest) -> LookUpAnswer:
        try:
            return _call(credentials, "look_up", lambda c: self._connector.look_up(c, request), waits=False)
        except CallRefused as refusal:
            record = _record_of(refusal, "look_up", "", word="unknown")
            return LookUpAnswer(news=None, is_absent=False, call=record)

    def list_payouts(self, credentials: Credentials, *, created_since: datetime) -> PayoutsAnswer:
        try:
            return _call(
                credentials,
                "list_payouts",
                lambda c: self._connector.list_payouts(c, created_since=created_since),
                waits=False,
            )
        except CallRefused as refusal:
            return PayoutsAnswer(payouts=(), call=_record_of(refusal, "list_payouts", "", word="unknown"))

    def submit_dispute_evidence(self, credentials: Credentials, request: EvidenceRequest) -> Answer:
        return _move(
            credentials,
            "submit_dispute_evidence",
            request.psp_key,
            lambda c: self._connector.submit_dispute_evidence(c, request),
        )

    def accept_dispute(self, credentials: Credentials, request: AcceptRequest) -> Answer:
        return _move(
            credentials,
            "accept_dispute",
            request.psp_key,
            lambda c: self._connector.accept_dispute(c, request),
        )

    def inquire_dispute(self, credentials: Credentials, psp_reference: str) -> DisputeInquiryAnswer:
        try:
            return _call(
                credentials,
                "inquire_dispute",
                lambda c: self._connector.inquire_dispute(c, psp_reference),
                waits=False,
            )
        except CallRefused as refusal:
            record = _record_of(refusal, "inquire_dispute", "", word="unknown")
            return DisputeInquiryAnswer(news=None, outcome=Unknown(reason=refusal.reason), call=record)

    def verify_webhook(
        self, credentials: Credentials, body: bytes, headers: Mapping[str, str], now_timestamp: int
    ) -> None:
        self._connector.verify_webhook(credentials, body, headers, now_timestamp)

    def split_webhook(self, body: bytes) -> list[bytes]:
        return self._connector.split_webhook(body)

    def parse_webhook(self, body: bytes) -> PspNews:
        return self._connector.parse_webhook(body)


def _says_something(answer: InquiryAnswer) -> bool:
    return not isinstance(answer.outcome, Unknown)


def _move(
    credentials: Credentials, operation: str, psp_key: str, make: Callable[[Credentials], Answer]
) -> Answer:
    try:
        return _call(credentials, operation, make)
    except CallRefused as refusal:
        record = _record_of(refusal, operation, psp_key)
        return Answer(outcome=NotSent(reason=refusal.reason), call=record)


def _call(
    credentials: Credentials, operation: str, make: Callable[[Credentials], T], *, waits: bool = True
) -> T:
    """Make the call in its turn, with its own deadline, and teach the circuit how it ended. Raises CallRefused."""
    timed = replace(credentials, deadline_seconds=credentials.deadline_of(operation))
    with admitted(credentials, operation, waits=waits) as permit:
        try:
            answer = make(timed)
        except Exception:
            teach_failure(credentials, operation, permit)
            raise
        if answer.call is not None:
            word, status = answer.call.outcome, answer.call.http_status
            teach(credentials, operation, permit, word=word, http_status=status)
        return answer


def _record_of(refusal: CallRefused, operation: str, psp_key: str, *, word: str = "not_sent") -> CallRecord:
    """A row of the log all the same: whoever reads the payment sees why nothing was sent."""
    return CallRecord(
        operation=operation,
        psp_key=psp_key,
        request={},
        answer={"not_sent": refusal.reason},
        http_status=None,
        latency_ms=0,
        outcome=word,
    )
