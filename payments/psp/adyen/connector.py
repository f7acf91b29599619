"""The Adyen connector: every call with our key, a deadline, and an outcome for whatever Adyen does.

Payments are decided at once; captures, refunds and cancels are only received, and their notification decides.
Source of shapes: docs.adyen.com/api-explorer/Checkout/71, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from foundation.transactions import outside_transaction
from payments.psp.adyen import bodies, describing, dispute_answers, making, token_news, webhooks
from payments.psp.adyen.amounts import AmountNotRepresentable
from payments.psp.adyen.asking import Reader, ask, refused_here
from payments.psp.adyen.inquiries import judged, why_not_repeat
from payments.psp.adyen.methods import type_of
from payments.psp.adyen.reading import read_payment, read_received, read_setup, read_stored
from payments.psp.adyen.transport import checkout_for
from payments.psp.disputes import AcceptRequest, DisputeInquiryAnswer, EvidenceRequest
from payments.psp.making import MadeToken, MakeTokenRequest
from payments.psp.methods import CARD, METHOD_TYPES
from payments.psp.outcomes import Declined, NotSent, Outcome, Pending, Succeeded, Unknown
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
    PspNews,
    RefundRequest,
    Repeatable,
    SavedToken,
    SaveTokenRequest,
    SetupRequest,
    TokenDescription,
    VoidRequest,
)

NOT_KEPT = "payment_method_not_reusable"
CARDS_ONLY = "At Adyen only cards are kept for payments without the customer."


class AdyenConnector:
    """Implements payments.psp.port.PspConnector."""

    capabilities = Capabilities(
        payment_method_types=METHOD_TYPES["adyen"],
        partial_capture=True,
        multiple_captures=True,
        three_d_secure=True,
        maximum_report_delay_seconds=86_400,
        idempotency_window_seconds=7 * 86_400,
        authorization_days=7,
        inquires_by_repeating=True,
        completes_actions=True,
        tells_no_capture=True,
        incremental_authorization=True,
        webhook_answer="[accepted]",
    )

    @outside_transaction
    def authorize(self, credentials: Credentials, request: AuthorizeRequest) -> Answer:
        """Authorise; with capture, Adyen takes at once what it authorises. Without the customer only what Adyen keeps
        can pay: cards."""
        if request.off_session and request.method_type != CARD:
            return refused_here("authorize", request.psp_key, CARDS_ONLY, code=NOT_KEPT)

        def read(answer: dict[str, Any]) -> Outcome:
            return read_payment(answer, asked=request.amount, is_captured=request.capture)

        api = checkout_for(credentials).payments_api
        return _ask(
            "authorize",
            request.psp_key,
            lambda: bodies.authorization(credentials, request),
            lambda body, key: api.payments(body, idempotency_key=key),
            read,
        )

    @outside_transaction
    def capture(self, credentials: Credentials, request: CaptureRequest) -> Answer:
        """Have `amount` taken. is_final: what is left is let go, by a cancel of its own that may fail: then the rest
        expires with the authorization."""
        api = checkout_for(credentials).modifications_api
        reference = request.psp_reference
        answer = _ask(
            "capture",
            request.psp_key,
            lambda: bodies.capture(credentials, request),
            lambda body, key: api.capture_authorised_payment(body, reference, idempotency_key=key),
            read_received,
        )
        if request.is_final and request.leaves_rest and isinstance(answer.outcome, Pending):
            _ask(
                "void",
                request.psp_key + bodies.REST,
                lambda: bodies.rest_of(credentials, request),
                lambda body, key: api.cancel_authorised_payment_by_psp_reference(
                    body, reference, idempotency_key=key
                ),
                read_received,
            )
        return answer

    @outside_transaction
    def increment(self, credentials: Credentials, request: IncrementRequest) -> Answer:
        """Have `amount` authorised in all; the issuer's word comes by notification."""
        api = checkout_for(credentials).modifications_api
        return _ask(
            "increment",
            request.psp_key,
            lambda: bodies.increment(credentials, request),
            lambda body, key: api.update_authorised_amount(body, request.psp_reference, idempotency_key=key),
            read_received,
        )

    @outside_transaction
    def void(self, credentials: Credentials, request: VoidRequest) -> Answer:
        """Cancel by Adyen's reference, else by our key: before a challenge is over, Adyen has told us none."""
        api = checkout_for(credentials).modifications_api

        def call(body: dict[str, Any], key: str) -> Any:
            if not request.psp_reference:
                return api.cancel_authorised_payment(body, idempotency_key=key)
            return api.cancel_authorised_payment_by_psp_reference(
                body, request.psp_reference, idempotency_key=key
            )

        return _ask("void", request.psp_key, lambda: bodies.void(credentials, request), call, read_received)

    @outside_transaction
    def refund(self, credentials: Credentials, request: RefundRequest) -> Answer:
        api = checkout_for(credentials).modifications_api
        return _ask(
            "refund",
            request.psp_key,
            lambda: bodies.refund(credentials, request),
            lambda body, key: api.refund_captured_payment(body, request.psp_reference, idempotency_key=key),
            read_received,
        )

    @outside_transaction
    def set_up(self, credentials: Credentials, request: SetupRequest) -> Answer:
        """Authorise nothing: the bank sees the card, and where it wants to, the customer."""
        if request.method_type != CARD:
            return refused_here("set_up", request.psp_key, CARDS_ONLY, code=NOT_KEPT)
        api = checkout_for(credentials).payments_api
        return _ask(
            "set_up",
            request.psp_key,
            lambda: bodies.card_check(credentials, request),
            lambda body, key: api.payments(body, idempotency_key=key),
            read_setup,
        )

    @outside_transaction
    def save_token(self, credentials: Credentials, request: SaveTokenRequest) -> SavedToken:
        """Keep the card for the shopper; our customer's id is the shopperReference, which Adyen takes as it comes."""
        if type_of(request.token) != CARD:
            refused = refused_here("save_token", request.psp_key, CARDS_ONLY, code=NOT_KEPT)
            return SavedToken(outcome=refused.outcome, call=refused.call)
        api = checkout_for(credentials).recurring_api
        shopper = request.psp_customer_reference or request.customer_key
        saved = _ask(
            "save_token",
            request.psp_key,
            lambda: bodies.stored(credentials, request, shopper),
            lambda body, key: api.stored_payment_methods(body, idempotency_key=key),
            read_stored,
        )
        token = saved.outcome.psp_reference if isinstance(saved.outcome, Succeeded) else ""
        return SavedToken(
            outcome=saved.outcome,
            token=token,
            psp_customer_reference=shopper if token else "",
            call=saved.call,
        )

    @outside_transaction
    def inquire(self, credentials: Credentials, request: InquireRequest) -> InquiryAnswer:
        """Adyen has no lookup by merchant reference: what is unresolved is sent again, under the same key, where that
        can not move money twice. docs/adr/0020."""
        repeat = request.repeat
        reason = why_not_repeat(request, credentials.settings, self.capabilities.idempotency_window_seconds)
        if repeat is None or reason:
            return InquiryAnswer(outcome=Unknown(reason=reason), call=None)
        return judged(self._again(credentials, repeat), request)

    @outside_transaction
    def complete(self, credentials: Credentials, request: CompleteRequest) -> Answer:
        api = checkout_for(credentials).payments_api
        is_captured = request.capture and not request.amount.is_zero
        answer = _ask(
            "complete",
            request.psp_key,
            lambda: {"details": dict(request.details)},
            # Without a key: the details themselves are taken once only.
            lambda body, _: api.payments_details(body),
            lambda answer: read_payment(answer, asked=request.amount, is_captured=is_captured),
        )
        if isinstance(answer.outcome, NotSent | Declined) and answer.call.http_status != 200:
            # A stranger's details, or an Adyen that was not reached: the customer may come again.
            unknown = Unknown(reason=f"action_{answer.outcome.word}")
            return Answer(outcome=unknown, call=replace(answer.call, outcome=unknown.word))
        return answer

    @outside_transaction
    def describe_token(
        self, credentials: Credentials, token: str, psp_customer_reference: str = ""
    ) -> TokenDescription:
        if psp_customer_reference:
            return describing.describe_stored(credentials, token, psp_customer_reference)
        return describing.describe(credentials, token)

    @outside_transaction
    def make_token(self, credentials: Credentials, request: MakeTokenRequest) -> MadeToken:
        return making.make(credentials, request)

    def list_events(self, credentials: Credentials, request: ListEventsRequest) -> EventPage:
        """Never asked for: Adyen keeps no list of what it told (capabilities.lists_events)."""
        raise NotImplementedError

    def look_up(self, credentials: Credentials, request: LookUpRequest) -> LookUpAnswer:
        """Never asked for: Adyen shows no object by its reference (capabilities.looks_up)."""
        raise NotImplementedError

    def list_payouts(self, credentials: Credentials, *, created_since: datetime) -> PayoutsAnswer:
        """Never asked for: Adyen tells of payouts in its settlement report (capabilities.lists_payouts)."""
        raise NotImplementedError

    @outside_transaction
    def submit_dispute_evidence(self, credentials: Credentials, request: EvidenceRequest) -> Answer:
        return dispute_answers.submit(credentials, request)

    @outside_transaction
    def accept_dispute(self, credentials: Credentials, request: AcceptRequest) -> Answer:
        return dispute_answers.accept(credentials, request)

    def inquire_dispute(self, credentials: Credentials, psp_reference: str) -> DisputeInquiryAnswer:
        return dispute_answers.inquire()

    def verify_webhook(
        self, credentials: Credentials, body: bytes, headers: Mapping[str, str], now_timestamp: int
    ) -> None:
        account = bodies.merchant_account(credentials)
        if token_news.is_token_news(body):
            token_news.verify(credentials.webhook_secrets, account, body, headers)
        else:
            webhooks.verify(credentials.webhook_secrets, account, body)

    def split_webhook(self, body: bytes) -> list[bytes]:
        return [body] if token_news.is_token_news(body) else webhooks.split(body)

    def parse_webhook(self, body: bytes) -> PspNews:
        return token_news.parse(body) if token_news.is_token_news(body) else webhooks.parse(body)

    def _again(self, credentials: Credentials, request: Repeatable) -> Answer:
        if isinstance(request, AuthorizeRequest):
            return self.authorize(credentials, request)
        if isinstance(request, CaptureRequest):
            return self.capture(credentials, request)
        if isinstance(request, IncrementRequest):
            return self.increment(credentials, request)
        if isinstance(request, RefundRequest):
            return self.refund(credentials, request)
        if isinstance(request, SetupRequest):
            return self.set_up(credentials, request)
        return self.void(credentials, request)


def _ask(
    operation: str,
    psp_key: str,
    body: Callable[[], dict[str, Any]],
    call: Callable[[dict[str, Any], str], Any],
    read: Reader,
) -> Answer:
    """Ask, unless the request can not even be said in Adyen's words, or the token is none of Adyen's."""
    try:
        params = body()
    except AmountNotRepresentable as error:
        return refused_here(operation, psp_key, str(error))
    except ValueError as error:
        return refused_here(operation, psp_key, str(error)[:200], code="token_unreadable")
    return ask(operation, psp_key, params, call, read)
