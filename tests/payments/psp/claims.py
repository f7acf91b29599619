"""Claims made at the scripted PSP by hand, and what its connector is told and asked about them."""

from __future__ import annotations

import json
from typing import Any

import stripe

from foundation.ids import new_id
from payments.psp.disputes import AcceptRequest, DisputeNews, EvidenceRequest, EvidenceUpload
from payments.psp.outcomes import Succeeded
from payments.psp.port import Credentials, PspNews
from tests.factories.scripted_psp import ScriptedPsp
from tests.payments.psp.orders import connector

PDF = EvidenceUpload(filename="receipt.pdf", content_type="application/pdf", content=b"%PDF-1.7 the receipt")


def claims(psp: ScriptedPsp, paid: Succeeded, **wish: Any) -> str:
    """The cardholder disputes the payment; the PSP's reference of the dispute."""
    return str(psp.disputes(paid.psp_reference, **wish)["id"])


def told(psp: ScriptedPsp, *types: str) -> list[PspNews]:
    """What the connector reads in the PSP's events of these types (all about disputes by default), oldest first."""
    client = stripe.StripeClient(psp.key, base_addresses={"api": psp.base_url})
    wanted = list(types) or ["charge.dispute.*", "radar.*"]
    events = client.v1.events.list({"limit": 100, "types": wanted}).data
    return [connector.parse_webhook(str(event).encode()) for event in reversed(events)]


def asked(credentials: Credentials, dispute: str) -> DisputeNews:
    answer = connector.inquire_dispute(credentials, dispute)
    assert answer.news is not None, answer.outcome
    return answer.news


def evidence_for(dispute: str, text: str = "See the receipt.", **changes: Any) -> EvidenceRequest:
    given: dict[str, Any] = {
        "psp_key": f"dor_{new_id().hex}",
        "psp_reference": dispute,
        "texts": {"uncategorized_text": text, "customer_name": "Ada"},
        "files": {"receipt": PDF},
    }
    return EvidenceRequest(**{**given, **changes})


def acceptance_of(dispute: str) -> AcceptRequest:
    return AcceptRequest(psp_key=f"dor_{new_id().hex}", psp_reference=dispute)


def at_psp(psp: ScriptedPsp, dispute: str) -> dict[str, Any]:
    """The dispute as the PSP's API shows it."""
    client = stripe.StripeClient(psp.key, base_addresses={"api": psp.base_url})
    shown: dict[str, Any] = json.loads(str(client.v1.disputes.retrieve(dispute)))
    return shown
