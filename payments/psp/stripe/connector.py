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
from payments.psp.outcomes import CallRecord, InquiryOutcome, NotFound, Outcome, Succeeded, Unknown
from payments.psp.port import (
    Answer,
    AuthorizeRequest,
    Capabilities,
    CaptureRequest,
    Credentials,
    InquireRequest,
    InquiryAnswer,
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
from payments.psp.stripe import payouts, webhooks
from payments.psp.stripe.amounts import AmountNotRepresentable, to_stripe
from payments.psp.stripe.asking import ask, milliseconds_since, refused_here
from payments.psp.stripe.inquiries import INQUIRIES, KEY_FIELD, find_object
from payments.psp.stripe.reading import (
    PAYMENT_INTENT_EXPAND,
    card_facts,
    read_capture,
    read_payment_intent,
    read_refund,
    read_saved,
    read_setup_intent,
)
from payments.psp.stripe.scrubbing import scrubbed_answer
from payments.psp.stripe.transport import client_for


class StripeConnector:
    """Implements payments.psp.port.PspConnector."""

    capabilities = Capabilities(
        payment_method_types=("card",),
        partial_capture=True,
        multiple_captures=True,
        three_d_secure=True,
        maximum_report_delay_seconds=3_600,
        idempotency_window_seconds=86_400,
        authorization_days=7,
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
            "payment_method_types": ["card"],
            "confirm": True,
            "capture_method": "automatic" if request.capture else "manual",
            "metadata": {**request.references, KEY_FIELD: request.psp_key},
            "expand": PAYMENT_INTENT_EXPAND,
        }
        if not request.capture:
            # Without this Stripe releases the rest at the first capture.
            params["payment_method_options"] = {"card": {"request_multicapture": "if_available"}}
        if request.off_session:
            params["off_session"] = True
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
            "payment_method_types": ["card"],
            "confirm": True,
            "usage": "off_session" if request.off_session else "on_session",
            "metadata": {**request.references, KEY_FIELD: request.psp_key},
        }
        if request.psp_customer_reference:
            params["customer"] = request.psp_customer_reference
        if request.return_url:
            params["return_url"] = request.return_url
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
        outcome: InquiryOutcome
        try:
            answer, outcome = find(api, request)
        except stripe.InvalidRequestError as error:
            # A parent that we know to exist and that is not shown says nothing about its movements.
            knows_parent = bool(request.psp_reference or request.parent_reference)
            is_absent = error.http_status == 404 and not knows_parent
            outcome = NotFound() if is_absent else Unknown(reason="stripe_inquiry_refused")
        except Exception as error:
            # Whatever an answer may hold, an inquiry that was not understood proves nothing.
            outcome = Unknown(reason=f"inquiry_{type(error).__name__}"[:255])
        record = CallRecord(
            operation="inquire",
            psp_key=request.psp_key,
            request={"kind": request.kind, "psp_reference": request.psp_reference},
            answer=scrubbed_answer(answer),
            http_status=None,
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
        try:
            answer = find_object(client_for(credentials).v1, request)
            names = {"event_id": "", "event_type": "look_up"}
            news = webhooks.news_of(answer, names, key_field=KEY_FIELD)
        except stripe.InvalidRequestError as error:
            word = "not_found" if error.http_status == 404 else "unknown"
        except Exception:
            # Whatever an answer may hold, one that was not understood says nothing.
            word = "unknown"
        call = CallRecord(
            operation="look_up",
            psp_key="",
            request={"kind": request.kind, "psp_reference": request.psp_reference},
            answer=scrubbed_answer(answer),
            http_status=None,
            latency_ms=milliseconds_since(started),
            outcome=word,
        )
        return LookUpAnswer(news=news, is_absent=word == "not_found", call=call)

    @outside_transaction
    def list_payouts(self, credentials: Credentials, *, created_since: datetime) -> PayoutsAnswer:
        started = time.monotonic()
        found: tuple[PayoutNews, ...] = ()
        word = "succeeded"
        try:
            found = payouts.list_payouts(client_for(credentials).v1, created_since)
        except Exception:
            word = "unknown"
        call = CallRecord(
            operation="list_payouts",
            psp_key="",
            request={"created_since": created_since.isoformat()},
            answer={"payouts": [payout.psp_reference for payout in found]},
            http_status=None,
            latency_ms=milliseconds_since(started),
            outcome=word,
        )
        return PayoutsAnswer(payouts=found, call=call)

    @outside_transaction
    def describe_token(self, credentials: Credentials, token: str) -> TokenDescription:
        started = time.monotonic()
        answer: dict[str, Any] | None = None
        outcome = "succeeded"
        try:
            answer = client_for(credentials).v1.payment_methods.retrieve(token).to_dict()
        except stripe.InvalidRequestError:
            outcome = "not_found"
        except stripe.StripeError as error:
            outcome = f"unknown_{type(error).__name__}"[:24]
        record = CallRecord(
            operation="describe_token",
            psp_key="",
            request={},
            answer=scrubbed_answer(answer),
            http_status=None,
            latency_ms=milliseconds_since(started),
            outcome=outcome,
        )
        card = card_facts({"payment_method_details": answer}) if answer else None
        return TokenDescription(type=(answer or {}).get("type", ""), card=card, call=record)

    def verify_webhook(
        self, credentials: Credentials, body: bytes, headers: Mapping[str, str], now_timestamp: int
    ) -> None:
        webhooks.verify(credentials.webhook_secrets, body, headers, now_timestamp)

    def parse_webhook(self, body: bytes) -> PspNews:
        return webhooks.parse(body, key_field=KEY_FIELD)
