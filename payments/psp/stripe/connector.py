"""The Stripe connector: every call with our key, a deadline, and an outcome for whatever Stripe does.

Source of shapes: docs.stripe.com/api, version 2026-10-28.endive, read 2026-11.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import stripe

from foundation.transactions import outside_transaction
from payments.psp.disputes import AcceptRequest, DisputeInquiryAnswer, EvidenceRequest
from payments.psp.making import MadeToken, MakeTokenRequest
from payments.psp.methods import BANK_DEBITS, METHOD_TYPES
from payments.psp.outcomes import CallRecord, InquiryOutcome, NotFound, Outcome, Succeeded, Unknown
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
    PayoutNews,
    PayoutsAnswer,
    PspNews,
    RefundRequest,
    SavedToken,
    SaveTokenRequest,
    SetupRequest,
    TokenDescription,
    VoidRequest,
)
from payments.psp.stripe import describing, disputes, making, payouts, webhooks
from payments.psp.stripe.amounts import AmountNotRepresentable, to_stripe
from payments.psp.stripe.asking import ask, milliseconds_since, refused_here
from payments.psp.stripe.event_list import read_events
from payments.psp.stripe.inquiries import INQUIRIES, KEY_FIELD, find_object
from payments.psp.stripe.reading import (
    PAYMENT_INTENT_EXPAND,
    read_capture,
    read_increment,
    read_payment_intent,
    read_refund,
    read_saved,
    read_setup_intent,
    settled_or_unknown,
)
from payments.psp.stripe.scrubbing import scrubbed_answer
from payments.psp.stripe.transport import client_for

# Whoever sells has shown the customer the mandate's text; how is the shop's own record.
ACCEPTANCE = {"customer_acceptance": {"type": "offline"}}


class StripeConnector:
    """Implements payments.psp.port.PspConnector."""

    capabilities = Capabilities(
        payment_method_types=METHOD_TYPES["stripe"],
        partial_capture=True,
        multiple_captures=True,
        three_d_secure=True,
        maximum_report_delay_seconds=3_600,
        idempotency_window_seconds=86_400,
        authorization_days=7,
        incremental_authorization=True,
        lists_events=True,
        looks_up=True,
        lists_payouts=True,
    )

    @outside_transaction
    def authorize(self, credentials: Credentials, request: AuthorizeRequest) -> Answer:
        """Create and confirm a payment intent; with capture, the money is taken at once."""
        try:
            amount = to_stripe(request.amount)
        except AmountNotRepresentable as error:
            return refused_here("authorize", request.psp_key, str(error))
        params: dict[str, Any] = {
            "amount": amount,
            "currency": request.amount.currency,
            "payment_method": request.token,
            "payment_method_types": [request.method_type],
            "confirm": True,
            "capture_method": "automatic" if request.capture else "manual",
            "metadata": {**request.references, KEY_FIELD: request.psp_key},
            "expand": PAYMENT_INTENT_EXPAND,
        }
        if not request.capture:
            # Without this Stripe releases the rest at the first capture.
            params["payment_method_options"] = {
                "card": {
                    "request_multicapture": "if_available",
                    "request_incremental_authorization": "if_available",
                }
            }
        if request.off_session:
            params["off_session"] = True
        merge_options(params, consent(request))
        if request.psp_customer_reference:
            params["customer"] = request.psp_customer_reference
        if request.return_url and not request.off_session:
            params["return_url"] = request.return_url
        if request.save_for_off_session and not request.off_session:
            params["setup_future_usage"] = "off_session"
        if request.description:
            params["description"] = request.description
        if request.statement_descriptor_suffix:
            params["statement_descriptor_suffix"] = request.statement_descriptor_suffix
        api = client_for(credentials).v1.payment_intents
        return ask("authorize", request.psp_key, params, lambda p, o: api.create(p, o), read_payment_intent)

    @outside_transaction
    def capture(self, credentials: Credentials, request: CaptureRequest) -> Answer:
        """Take `amount` of an authorization; is_final releases what is left."""
        try:
            amount = to_stripe(request.amount)
        except AmountNotRepresentable as error:
            return refused_here("capture", request.psp_key, str(error))
        params: dict[str, Any] = {"amount_to_capture": amount, "expand": PAYMENT_INTENT_EXPAND}
        if not request.is_final:
            params["final_capture"] = False
        api = client_for(credentials).v1.payment_intents

        def read(intent: dict[str, Any]) -> Outcome:
            outcome = read_capture(intent, amount=request.amount, captured_before=request.captured_before)
            return (
                Unknown(reason="stripe_capture_without_amount") if isinstance(outcome, NotFound) else outcome
            )

        return ask(
            "capture", request.psp_key, params, lambda p, o: api.capture(request.psp_reference, p, o), read
        )

    @outside_transaction
    def increment(self, credentials: Credentials, request: IncrementRequest) -> Answer:
        """Authorize more on what is held already; a refusal leaves the old amount held."""
        try:
            amount = to_stripe(request.amount)
        except AmountNotRepresentable as error:
            return refused_here("increment", request.psp_key, str(error))
        params: dict[str, Any] = {"amount": amount, "expand": PAYMENT_INTENT_EXPAND}
        api = client_for(credentials).v1.payment_intents
        return ask(
            "increment",
            request.psp_key,
            params,
            lambda p, o: api.increment_authorization(request.psp_reference, p, o),
            lambda intent: settled_or_unknown(read_increment(intent, amount=request.amount)),
        )

    @outside_transaction
    def void(self, credentials: Credentials, request: VoidRequest) -> Answer:
        """Cancel the payment intent: the authorization is released."""
        api = client_for(credentials).v1.payment_intents
        return ask(
            "void",
            request.psp_key,
            {},
            lambda p, o: api.cancel(request.psp_reference, p, o),
            read_payment_intent,
        )

    @outside_transaction
    def refund(self, credentials: Credentials, request: RefundRequest) -> Answer:
        try:
            amount = to_stripe(request.amount)
        except AmountNotRepresentable as error:
            return refused_here("refund", request.psp_key, str(error))
        params: dict[str, Any] = {
            "payment_intent": request.psp_reference,
            "amount": amount,
            "metadata": {**request.references, KEY_FIELD: request.psp_key},
        }
        if request.reason:
            params["reason"] = request.reason
        api = client_for(credentials).v1.refunds
        return ask("refund", request.psp_key, params, lambda p, o: api.create(p, o), read_refund)

    @outside_transaction
    def set_up(self, credentials: Credentials, request: SetupRequest) -> Answer:
        """Create and confirm a setup intent for later charges."""
        params: dict[str, Any] = {
            "payment_method": request.token,
            "payment_method_types": [request.method_type],
            "confirm": True,
            "usage": "off_session" if request.off_session else "on_session",
            "metadata": {**request.references, KEY_FIELD: request.psp_key},
        }
        if request.psp_customer_reference:
            params["customer"] = request.psp_customer_reference
        if request.return_url:
            params["return_url"] = request.return_url
        if request.method_type in BANK_DEBITS:
            params["mandate_data"] = ACCEPTANCE
        api = client_for(credentials).v1.setup_intents
        return ask("set_up", request.psp_key, params, lambda p, o: api.create(p, o), read_setup_intent)

    @outside_transaction
    def save_token(self, credentials: Credentials, request: SaveTokenRequest) -> SavedToken:
        """Attach the token to the customer's twin at Stripe, made first where there is none."""
        api = client_for(credentials).v1
        reference = request.psp_customer_reference
        if not reference:
            made = ask(
                "create_customer",
                request.customer_key,
                {"metadata": {"customer": request.customer_key}},
                lambda p, o: api.customers.create(p, o),
                read_saved,
            )
            if not isinstance(made.outcome, Succeeded):
                return SavedToken(outcome=made.outcome, call=made.call)
            reference = made.outcome.psp_reference
        saved = ask(
            "attach_token",
            request.psp_key,
            {"customer": reference},
            lambda p, o: api.payment_methods.attach(request.token, p, o),
            read_saved,
        )
        token = saved.outcome.psp_reference if isinstance(saved.outcome, Succeeded) else ""
        return SavedToken(
            outcome=saved.outcome, token=token, psp_customer_reference=reference, call=saved.call
        )

    @outside_transaction
    def inquire(self, credentials: Credentials, request: InquireRequest) -> InquiryAnswer:
        """Ask what became of a call, by reference where we have one, else by our key."""
        api = client_for(credentials).v1
        find = INQUIRIES[request.kind]
        started = time.monotonic()
        answer: dict[str, Any] | None = None
        status: int | None = 200
        outcome: InquiryOutcome
        try:
            answer, outcome = find(api, request)
        except stripe.InvalidRequestError as error:
            status = error.http_status
            # A parent that we know to exist and that is not shown says nothing about its movements.
            knows_parent = bool(request.psp_reference or request.parent_reference)
            is_absent = error.http_status == 404 and not knows_parent
            outcome = NotFound() if is_absent else Unknown(reason="stripe_inquiry_refused")
        except Exception as error:
            status = _status_of(error)
            # Whatever an answer may hold, an inquiry that was not understood proves nothing.
            outcome = Unknown(reason=f"inquiry_{type(error).__name__}"[:255])
        record = CallRecord(
            operation="inquire",
            psp_key=request.psp_key,
            request={"kind": request.kind, "psp_reference": request.psp_reference},
            answer=scrubbed_answer(answer),
            http_status=status,
            latency_ms=milliseconds_since(started),
            outcome=outcome.word,
        )
        return InquiryAnswer(outcome=outcome, call=record)

    @outside_transaction
    def look_up(self, credentials: Credentials, request: LookUpRequest) -> LookUpAnswer:
        """Read an object that a report names, to learn by our key in it whose it is."""
        started = time.monotonic()
        answer: dict[str, Any] | None = None
        news: PspNews | None = None
        word = "succeeded"
        status: int | None = 200
        try:
            answer = find_object(client_for(credentials).v1, request)
            names = {"event_id": "", "event_type": "look_up"}
            news = webhooks.news_of(answer, names, key_field=KEY_FIELD)
        except stripe.InvalidRequestError as error:
            status = error.http_status
            word = "not_found" if status == 404 else "unknown"
        except Exception as error:
            # Whatever an answer may hold, one that was not understood says nothing.
            status, word = _status_of(error), "unknown"
        call = CallRecord(
            operation="look_up",
            psp_key="",
            request={"kind": request.kind, "psp_reference": request.psp_reference},
            answer=scrubbed_answer(answer),
            http_status=status,
            latency_ms=milliseconds_since(started),
            outcome=word,
        )
        return LookUpAnswer(news=news, is_absent=word == "not_found", call=call)

    @outside_transaction
    def list_payouts(self, credentials: Credentials, *, created_since: datetime) -> PayoutsAnswer:
        started = time.monotonic()
        found: tuple[PayoutNews, ...] = ()
        word = "succeeded"
        status: int | None = 200
        try:
            found = payouts.list_payouts(client_for(credentials).v1, created_since)
        except Exception as error:
            status, word = _status_of(error), "unknown"
        call = CallRecord(
            operation="list_payouts",
            psp_key="",
            request={"created_since": created_since.isoformat()},
            answer={"payouts": [payout.psp_reference for payout in found]},
            http_status=status,
            latency_ms=milliseconds_since(started),
            outcome=word,
        )
        return PayoutsAnswer(payouts=found, call=call)

    @outside_transaction
    def describe_token(
        self, credentials: Credentials, token: str, psp_customer_reference: str = ""
    ) -> TokenDescription:
        return describing.describe(credentials, token)

    @outside_transaction
    def make_token(self, credentials: Credentials, request: MakeTokenRequest) -> MadeToken:
        return making.make(credentials, request)

    @outside_transaction
    def submit_dispute_evidence(self, credentials: Credentials, request: EvidenceRequest) -> Answer:
        return disputes.submit(credentials, request)

    @outside_transaction
    def accept_dispute(self, credentials: Credentials, request: AcceptRequest) -> Answer:
        return disputes.accept(credentials, request)

    @outside_transaction
    def inquire_dispute(self, credentials: Credentials, psp_reference: str) -> DisputeInquiryAnswer:
        return disputes.inquire(credentials, psp_reference)

    def verify_webhook(
        self, credentials: Credentials, body: bytes, headers: Mapping[str, str], now_timestamp: int
    ) -> None:
        webhooks.verify(credentials.webhook_secrets, body, headers, now_timestamp)

    def complete(self, credentials: Credentials, request: CompleteRequest) -> Answer:
        """Never asked for: Stripe hears from the bank itself (capabilities.completes_actions)."""
        raise NotImplementedError

    @outside_transaction
    def list_events(self, credentials: Credentials, request: ListEventsRequest) -> EventPage:
        return read_events(client_for(credentials).v1, request)

    def split_webhook(self, body: bytes) -> list[bytes]:
        return [body]

    def parse_webhook(self, body: bytes) -> PspNews:
        return webhooks.parse(body, key_field=KEY_FIELD)


def consent(request: AuthorizeRequest) -> dict[str, Any]:
    """What the charge rests on: the customer's mandate, a new one, or the network's first transaction."""
    if request.mandate_reference:
        return {"mandate": request.mandate_reference}
    if request.method_type in BANK_DEBITS:
        return {"mandate_data": ACCEPTANCE}
    if request.off_session and request.network_transaction_id:
        chain = {"network_transaction_id": request.network_transaction_id}
        return {"payment_method_options": {"card": {"mit_exemption": chain}}}
    return {}


def merge_options(params: dict[str, Any], more: dict[str, Any]) -> None:
    """Add parameters; options of the card join those that are there."""
    options = params.get("payment_method_options", {}).get("card", {})
    params |= more
    if options and "payment_method_options" in more:
        params["payment_method_options"] = {"card": {**options, **more["payment_method_options"]["card"]}}


def _status_of(error: Exception) -> int | None:
    """The HTTP status of an answer that was no answer; None when none came, 200 when it can not be read."""
    return error.http_status if isinstance(error, stripe.StripeError) else 200
