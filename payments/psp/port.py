"""The port every PSP connector implements: dataclass in, outcome out, no ORM. Free of Django.

Amounts are Money in ISO minor units; a connector converts where its PSP counts otherwise. Every call carries our own
key, has a deadline in seconds, and never raises for what a PSP may do: that is what outcomes are for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from foundation.money import Money
from payments.psp.outcomes import CallRecord, CardFacts, InquiryOutcome, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """An opened PSP account. base_url: empty for the PSP's own host. Never logged."""

    account_id: str
    secret_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    base_url: str = ""
    deadline_seconds: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizeRequest:
    psp_key: str
    amount: Money
    token: str = field(repr=False)
    psp_customer_reference: str = ""
    capture: bool = True
    off_session: bool = False
    return_url: str = ""
    statement_descriptor_suffix: str = ""
    save_for_off_session: bool = False
    description: str = ""
    references: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureRequest:
    """captured_before: what was taken of this authorization before; what comes on top is this capture's."""

    psp_key: str
    psp_reference: str
    amount: Money
    captured_before: Money
    is_final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidRequest:
    psp_key: str
    psp_reference: str


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
    references: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveTokenRequest:
    """Keep a token for later charges. customer_key: our key for the customer, made at the PSP when it has none yet."""

    psp_key: str
    customer_key: str
    token: str = field(repr=False)
    psp_customer_reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InquireRequest:
    """What became of the call with this key? kind: attempt, capture, refund, void or setup_intent.
    captured_before: for a capture, what was taken of the authorization before this one; captured_after: what was
    taken since, so that its fee is not that of the newest."""

    kind: str
    psp_key: str
    amount: Money | None
    psp_reference: str = ""
    parent_reference: str = ""
    captured_before: Money | None = None
    captured_after: Money | None = None


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
    outcome: InquiryOutcome
    call: CallRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenDescription:
    """What a PSP says of one of its tokens; None for card when the PSP does not know the token."""

    type: str
    card: CardFacts | None
    call: CallRecord


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

    kind: attempt, refund, setup_intent, payout, or empty when the event is none of ours.
    psp_key: our own key, from the metadata we sent. outcome: what the event itself proves, if anything.
    payout: of kind payout, what it says of it."""

    event_id: str
    event_type: str
    kind: str = ""
    psp_key: str = ""
    psp_reference: str = ""
    parent_reference: str = ""
    outcome: InquiryOutcome | None = None
    payout: PayoutNews | None = None


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
    """What a connector can do. Seconds and days are the PSP's own limits."""

    payment_method_types: tuple[str, ...]
    partial_capture: bool
    multiple_captures: bool
    three_d_secure: bool
    maximum_report_delay_seconds: int
    idempotency_window_seconds: int
    authorization_days: int


class PspConnector(Protocol):
    """One PSP. Implementations hold no state of a payment and open no transaction."""

    capabilities: Capabilities

    def authorize(self, credentials: Credentials, request: AuthorizeRequest) -> Answer: ...

    def capture(self, credentials: Credentials, request: CaptureRequest) -> Answer: ...

    def void(self, credentials: Credentials, request: VoidRequest) -> Answer: ...

    def refund(self, credentials: Credentials, request: RefundRequest) -> Answer: ...

    def set_up(self, credentials: Credentials, request: SetupRequest) -> Answer: ...

    def save_token(self, credentials: Credentials, request: SaveTokenRequest) -> SavedToken: ...

    def inquire(self, credentials: Credentials, request: InquireRequest) -> InquiryAnswer: ...

    def look_up(self, credentials: Credentials, request: LookUpRequest) -> LookUpAnswer: ...

    def list_payouts(self, credentials: Credentials, *, created_since: datetime) -> PayoutsAnswer: ...

    def describe_token(self, credentials: Credentials, token: str) -> TokenDescription: ...

    def verify_webhook(
        self, credentials: Credentials, body: bytes, headers: Mapping[str, str], now_timestamp: int
    ) -> None: ...

    def parse_webhook(self, body: bytes) -> PspNews: ...
