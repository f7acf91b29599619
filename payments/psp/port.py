"""The port every PSP connector implements: dataclass in, outcome out, no ORM. Free of Django.

Amounts are Money in ISO minor units; a connector converts where its PSP counts otherwise. Every call carries our own
key, has a deadline in seconds, and never raises for what a PSP may do: that is what outcomes are for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from foundation.money import Money
from payments.psp.disputes import (
    AcceptRequest,
    DisputeInquiryAnswer,
    DisputeNews,
    EvidenceRequest,
    FraudWarningNews,
)
from payments.psp.making import MadeToken, MakeTokenRequest
from payments.psp.outcomes import CallRecord, CardFacts, InquiryOutcome, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """An opened PSP account. base_url: empty for the PSP's own host. Never logged.

    deadlines: seconds, for operations that have another deadline than the rest. calls_per_second: 0 for no limit.
    settings: what only this PSP needs to know, such as a merchant account's name there."""

    account_id: str
    secret_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    base_url: str = ""
    deadline_seconds: int = 8
    deadlines: Mapping[str, int] = field(default_factory=dict)
    calls_per_second: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)

    def deadline_of(self, operation: str) -> int:
        return self.deadlines.get(operation) or self.deadline_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizeRequest:
    """return_url: the caller's page. completion_url: ours, for PSPs that the customer comes back to us from.
    billing_address: line1, line2, city, state, postal_code, country, as far as known; of what is no card only."""

    psp_key: str
    amount: Money
    token: str = field(repr=False)
    psp_customer_reference: str = ""
    capture: bool = True
    off_session: bool = False
    return_url: str = ""
    completion_url: str = ""
    statement_descriptor_suffix: str = ""
    save_for_off_session: bool = False
    method_type: str = "card"
    # Of an off-session charge: the customer's leave at this PSP, and the network's id of the first charge.
    mandate_reference: str = ""
    network_transaction_id: str = ""
    description: str = ""
    billing_address: Mapping[str, str] = field(default_factory=dict, repr=False)
    references: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureRequest:
    """captured_before: what was taken of this authorization before; what comes on top is this capture's.
    leaves_rest: a part stays authorized; is_final: which is to be let go."""

    psp_key: str
    psp_reference: str
    amount: Money
    captured_before: Money
    is_final: bool
    leaves_rest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IncrementRequest:
    """amount: what is to be authorized in all."""

    psp_key: str
    psp_reference: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidRequest:
    """attempt_key: our key of the attempt, for what the PSP has given no reference yet."""

    psp_key: str
    psp_reference: str
    attempt_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    psp_key: str
    psp_reference: str
    amount: Money
    reason: str = ""
    references: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupRequest:
    psp_key: str
    token: str = field(repr=False)
    psp_customer_reference: str = ""
    off_session: bool = True
    return_url: str = ""
    method_type: str = "card"
    completion_url: str = ""
    references: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveTokenRequest:
    """Keep a token for later charges. customer_key: our key for the customer, made at the PSP when it has none yet."""

    psp_key: str
    customer_key: str
    token: str = field(repr=False)
    psp_customer_reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteRequest:
    """The customer is back from where RequiresAction sent them. details: what the PSP gave them to bring back."""

    psp_key: str
    amount: Money
    capture: bool
    details: Mapping[str, str] = field(repr=False)


Repeatable = AuthorizeRequest | CaptureRequest | IncrementRequest | RefundRequest | VoidRequest | SetupRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class InquireRequest:
    """What became of the call with this key? kind: attempt, capture, increment, refund, void or setup_intent.
    captured_before: for a capture, what was taken of the authorization before this one; captured_after: what was
    taken since, so that its fee is not that of the newest.

    The rest is for PSPs that can not be asked, only told again. repeat: the very call, None once the PSP has named
    the movement. age_seconds: since it left. second_is_refused: no second one would fit beside it, or the PSP had
    its whole report delay to tell of the first."""

    kind: str
    psp_key: str
    amount: Money | None
    psp_reference: str = ""
    parent_reference: str = ""
    captured_before: Money | None = None
    captured_after: Money | None = None
    repeat: Repeatable | None = field(default=None, repr=False)
    age_seconds: int = 0
    second_is_refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpRequest:
    """Whose is this? kind: attempt, refund or payout. psp_reference: the PSP's id of the movement (of the charge, for
    an attempt); parent_reference: of the payment it belongs to, where known."""

    kind: str
    psp_reference: str
    parent_reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An outcome and the call that brought it."""

    outcome: Outcome
    call: CallRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryAnswer:
    """call: None when the question did not leave."""

    outcome: InquiryOutcome
    call: CallRecord | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenDescription:
    """What a PSP says of one of its tokens; None for card when the PSP does not know the token.

    card: of what is no card, what it has of these (last four, country, fingerprint). details: what only that type
    has, masked by the PSP."""

    type: str
    card: CardFacts | None
    call: CallRecord
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedToken:
    """The token to use from now on; it may differ from the one given."""

    outcome: Outcome
    token: str = field(default="", repr=False)
    psp_customer_reference: str = ""
    call: CallRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutNews:
    """What a PSP or a bank says of one payout. status: pending, in_transit, paid, failed or canceled.

    amount: what reaches the bank. balance_currency: of the balance it left, empty while the PSP has not said.
    created_at: when the PSP made it. told_at: when it came to be in this status, where the news says so."""

    psp_reference: str
    amount: Money
    status: str
    created_at: datetime
    arrival_on: date
    balance_currency: str = ""
    told_at: datetime | None = None
    is_automatic: bool = True
    statement_descriptor: str = ""
    bank_trace: str = ""
    failure_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PspNews:
    """A verified webhook, or an object looked up, read: which of our movements it is about. References are empty
    where it does not say.

    kind: attempt, capture, void, increment, refund, setup_intent, payment_method, payout, dispute, fraud_warning, or
    empty when the event is none of ours. psp_key: our own key, from the metadata we sent. outcome: what the event
    itself proves, if anything.
    Of a payment method that its network updated: psp_reference is the token we hold, new_token the one to use from
    now on (empty: the same), parent_reference the customer's id at the PSP, card what it is now (None: it is to
    be asked for); is_revoked: it is of no use any more.
    payout: of kind payout, what it says of it. dispute: what it says of a dispute or an early fraud warning;
    psp_reference is then the charge's payment."""

    event_id: str
    event_type: str
    kind: str = ""
    psp_key: str = ""
    psp_reference: str = ""
    parent_reference: str = ""
    outcome: InquiryOutcome | None = None
    card: CardFacts | None = None
    new_token: str = field(default="", repr=False)
    is_revoked: bool = False
    payout: PayoutNews | None = None
    dispute: DisputeNews | FraudWarningNews | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEventsRequest:
    """Events made from from_timestamp (included) to to_timestamp (not), in seconds. after: the last one of the page
    before. limit: of one page."""

    from_timestamp: int
    to_timestamp: int
    after: str = ""
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """Bodies as a webhook would bring them; None when the list could not be read. after: ask on with it, or empty."""

    bodies: tuple[bytes, ...] | None
    after: str = ""
    call: CallRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpAnswer:
    """news: None when nothing was learned. is_absent: the PSP says that there is no such thing."""

    news: PspNews | None
    is_absent: bool
    call: CallRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutsAnswer:
    """payouts: newest first; none when the PSP did not answer, which the call's outcome says."""

    payouts: tuple[PayoutNews, ...]
    call: CallRecord


class WebhookRefused(Exception):
    """The signature, the age or the form of a webhook is wrong. reason: one stable word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a connector can do. Seconds and days are the PSP's own limits.

    inquires_by_repeating: there is no lookup by our key; an inquiry sends the same call again, and is never hedged.
    completes_actions: the customer comes back to us, and the PSP decides when it is told what they brought.
    tells_no_capture: news of an authorization does not say whether the money is taken; the attempt's capture
    method does. webhook_answer: what the PSP takes for "received". lists_events: lost webhooks can be asked for.
    looks_up: an object that a report names can be read. lists_payouts: payouts that no webhook told of can be asked
    for; else a report's line tells of them."""

    payment_method_types: tuple[str, ...]
    partial_capture: bool
    multiple_captures: bool
    three_d_secure: bool
    maximum_report_delay_seconds: int
    idempotency_window_seconds: int
    authorization_days: int
    inquires_by_repeating: bool = False
    completes_actions: bool = False
    tells_no_capture: bool = False
    webhook_answer: str = '{"received": true}'
    incremental_authorization: bool = False
    lists_events: bool = False
    looks_up: bool = False
    lists_payouts: bool = False


class PspConnector(Protocol):
    """One PSP. Implementations hold no state of a payment and open no transaction."""

    capabilities: Capabilities

    def authorize(self, credentials: Credentials, request: AuthorizeRequest) -> Answer: ...

    def capture(self, credentials: Credentials, request: CaptureRequest) -> Answer: ...

    def increment(self, credentials: Credentials, request: IncrementRequest) -> Answer: ...

    def void(self, credentials: Credentials, request: VoidRequest) -> Answer: ...

    def refund(self, credentials: Credentials, request: RefundRequest) -> Answer: ...

    def set_up(self, credentials: Credentials, request: SetupRequest) -> Answer: ...

    def save_token(self, credentials: Credentials, request: SaveTokenRequest) -> SavedToken: ...

    def inquire(self, credentials: Credentials, request: InquireRequest) -> InquiryAnswer: ...

    def look_up(self, credentials: Credentials, request: LookUpRequest) -> LookUpAnswer: ...

    def list_payouts(self, credentials: Credentials, *, created_since: datetime) -> PayoutsAnswer: ...

    def describe_token(
        self, credentials: Credentials, token: str, psp_customer_reference: str = ""
    ) -> TokenDescription: ...

    def make_token(self, credentials: Credentials, request: MakeTokenRequest) -> MadeToken: ...

    def complete(self, credentials: Credentials, request: CompleteRequest) -> Answer: ...

    def list_events(self, credentials: Credentials, request: ListEventsRequest) -> EventPage: ...
    def submit_dispute_evidence(self, credentials: Credentials, request: EvidenceRequest) -> Answer: ...

    def accept_dispute(self, credentials: Credentials, request: AcceptRequest) -> Answer: ...

    def inquire_dispute(self, credentials: Credentials, psp_reference: str) -> DisputeInquiryAnswer: ...

    def verify_webhook(
        self, credentials: Credentials, body: bytes, headers: Mapping[str, str], now_timestamp: int
    ) -> None: ...

    def split_webhook(self, body: bytes) -> list[bytes]: ...

    def parse_webhook(self, body: bytes) -> PspNews: ...
