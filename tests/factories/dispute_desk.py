"""A disputes agent's desk over the real flow: the PSP's webhooks in, our API out, workers and relay in this process."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import encode_multipart
from pypdf import PdfWriter

from disputes.models import Dispute
from disputes.operations.sweep_disputes import sweep_disputes
from foundation.events.handling import stage_handlers
from foundation.events.models import Event as PublishedEvent
from foundation.jobs.inline import run_due_jobs
from foundation.tenancy.operations import create_api_key
from foundation.transactions import owns_transaction
from payments.models import PaymentIntent
from tests.factories.later import later, look_after
from tests.factories.psp_news import Event, tell, told
from tests.factories.shop import Shop
from tests.payments.api.conftest import CheckedCaller

NEWS = (
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
    "radar.early_fraud_warning.created",
    "radar.early_fraud_warning.updated",
)
SETTLED = 6
"""Seconds after which the sandbox of the tests has opened and decided what it was going to."""
_BOUNDARY = "between-the-parts"
_MULTIPART = f"multipart/form-data; boundary={_BOUNDARY}"


def pdf(pages: int = 1) -> bytes:
    """A receipt."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


@dataclass
class Desk:
    shop: Shop
    told: set[str] = field(default_factory=set)
    handled: set[UUID] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.api = CheckedCaller(create_api_key(merchant_id=self.shop.id).secret)

    # The PSP

    def sells(self, card: str, amount: int = 1_000, currency: str = "usd") -> PaymentIntent:
        """A payment with a magic card, and what the PSP does about it some time later."""
        intent = self.shop.pays(amount, currency, token=f"pm_card_{card}")
        self.time_passes()
        return intent

    def is_disputed(self, **wish: Any) -> tuple[PaymentIntent, str]:
        """A payment that is disputed by hand; with our id of the dispute."""
        intent = self.shop.pays(1_000)
        self.shop.psp.disputes(self.reference_of(intent), **wish)
        self.hears()
        return intent, self.dispute_of(intent).public_id

    def time_passes(self, seconds: int = SETTLED) -> None:
        """At the PSP, which then tells us."""
        self.shop.psp.time_passes(seconds=seconds)
        self.hears()

    def news(self) -> list[Event]:
        """What the PSP has to tell and has not told yet, oldest first."""
        return [event for event in told(self.shop, *NEWS) if event["id"] not in self.told]

    def hears(self, events: list[Event] | None = None) -> None:
        """These events by webhook (by default all that are new), and all that follows from them."""
        given = self.news() if events is None else events
        self.told |= {event["id"] for event in given}
        tell(self.shop, *given)
        self.works()

    def works(self) -> None:
        """The workers and the relay, until nothing follows any more."""
        while run_due_jobs() or self._dispatches():
            continue

    def looks_after(self, seconds: float) -> None:
        """Beat and the workers, that many seconds from now."""
        with later(seconds):
            sweep_disputes()
            self.works()
        look_after(seconds)

    @owns_transaction
    def _dispatches(self) -> int:
        """What the relay does, without its wait for whatever else runs in this PostgreSQL."""
        rows = PublishedEvent.objects.for_merchant(self.shop.id).order_by("position")
        new = [event_id for event_id in rows.values_list("id", flat=True) if event_id not in self.handled]
        self.handled |= set(new)
        return stage_handlers(new)

    # Ourselves

    def reference_of(self, intent: PaymentIntent) -> str:
        return self.shop.attempt(intent).psp_reference

    def dispute_of(self, intent: PaymentIntent) -> Dispute:
        return Dispute.objects.for_merchant(self.shop.id).get(payment_intent_id=intent.id)

    def at_psp(self, dispute_id: str) -> dict[str, Any]:
        """The dispute as the PSP has it."""
        ours = next(row for row in self._disputes() if row.public_id == dispute_id)
        record = self.shop.psp.sandbox.books.find("disputes", self.shop.psp.key, ours.psp_reference)
        assert record is not None
        return record.body

    def shown(self, dispute_id: str) -> dict[str, Any]:
        shown: dict[str, Any] = self.api.get(f"/v1/disputes/{dispute_id}").json()
        return shown

    def uploads(self, content: bytes = b"", name: str = "receipt.pdf") -> str:
        """The file's id."""
        form = {"purpose": "dispute_evidence", "file": SimpleUploadedFile(name, content or pdf())}
        answer = self.api.post("/v1/files", encode_multipart(_BOUNDARY, form), kind=_MULTIPART)
        assert answer.status_code == 200, answer.content
        return str(answer.json()["id"])

    def submits(self, dispute_id: str, text: str, **fields: str) -> dict[str, Any]:
        given = {"uncategorized_text": text, **fields}
        evidence = {f"evidence[{name}]": value for name, value in given.items()}
        answer: dict[str, Any] = self.api.post_form(f"/v1/disputes/{dispute_id}", evidence, submit="true")
        return answer

    def accepts(self, dispute_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.api.post_form(f"/v1/disputes/{dispute_id}/close")
        return answer

    def _disputes(self) -> list[Dispute]:
        return list(Dispute.objects.for_merchant(self.shop.id))
