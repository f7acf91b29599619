"""What a contract test of disputes needs of a PSP, said once for each: what it has told, and what it has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from disputes.lifecycle import Verdict, weigh
from foundation.ids import new_id
from payments.psp.disputes import AcceptRequest, DisputeNews, EvidenceRequest, EvidenceUpload, FundMovement
from payments.psp.outcomes import Succeeded
from payments.psp.port import PspNews
from tests.factories import adyen
from tests.factories.dispute_desk import pdf
from tests.payments.psp import claims
from tests.payments.psp.contract.faces import Face

SETTLED = 6
"""Seconds after which the sandbox of the tests has decided what it was going to."""


@dataclass(frozen=True)
class Standing:
    """A dispute after all that was told of it, whatever the order; moved: net, in minor units."""

    status: str
    stage: str
    moved: int
    steps: int


@dataclass
class DisputeSide:
    face: Face

    tells_prevented = True

    def opens(self, paid: Succeeded, **wish: Any) -> str:
        """The cardholder disputes the payment; the PSP's reference of the dispute."""
        return str(self.face.psp.disputes(paid.psp_reference, **wish)["id"])

    def decides(self, dispute: str, verdict: str) -> None:
        self.face.psp.decides(dispute, verdict)

    def time_passes(self, seconds: int = SETTLED) -> None:
        self.face.psp.time_passes(seconds=seconds)

    def evidence(self, dispute: str, text: str = "See the receipt.", **changes: Any) -> EvidenceRequest:
        given: dict[str, Any] = {
            "psp_key": f"dor_{new_id().hex}",
            "psp_reference": dispute,
            "reason": "fraudulent",
            "texts": {"uncategorized_text": text, "customer_name": "Ada"},
            "files": {"receipt": receipt()},
        }
        return EvidenceRequest(**{**given, **changes})

    def acceptance(self, dispute: str) -> AcceptRequest:
        return AcceptRequest(psp_key=f"dor_{new_id().hex}", psp_reference=dispute)

    def submits(self, request: EvidenceRequest) -> Any:
        return self.face.connector.submit_dispute_evidence(self.face.credentials, request).outcome

    def accepts(self, request: AcceptRequest) -> Any:
        return self.face.connector.accept_dispute(self.face.credentials, request).outcome

    def stands(self, dispute: str, *, backwards: bool = False) -> Standing:
        """Every report folded by the house's own rule."""
        told = [news for news in self.disputes_told() if news.psp_reference == dispute]
        assert told, "nothing was told of it"
        ordered = list(reversed(told)) if backwards else told
        stage, status, told_at = _first(ordered[0])
        movements: dict[str, FundMovement] = {}
        for news in ordered:
            movements |= {movement.movement_id: movement for movement in news.movements}
            verdict = weigh(
                stage=stage,
                status=status,
                told_stage=news.stage,
                told_status=news.status,
                is_newer=news.told_at > told_at,
            )
            assert verdict is not Verdict.CONTRADICTION, news
            if verdict is Verdict.ADVANCE:
                stage, status = news.stage, news.status
            told_at = max(told_at, news.told_at)
        moved = sum(movement.amount.amount_minor for movement in movements.values())
        return Standing(status, stage, moved, len(movements))

    def disputes_told(self) -> list[DisputeNews]:
        return [news.dispute for news in self.told() if isinstance(news.dispute, DisputeNews)]

    # What differs

    def told(self) -> list[PspNews]:
        """All that the PSP has to tell of disputes and warnings, oldest first, as the connector reads it."""
        raise NotImplementedError

    def submissions(self, dispute: str) -> int:
        """How often evidence arrived there."""
        raise NotImplementedError


class StripeDisputes(DisputeSide):
    def told(self) -> list[PspNews]:
        return claims.told(self.face.psp)

    def submissions(self, dispute: str) -> int:
        return int(claims.at_psp(self.face.psp, dispute)["evidence_details"]["submission_count"])


class AdyenDisputes(DisputeSide):
    tells_prevented = False

    def told(self) -> list[PspNews]:
        items = [item for item in adyen.told(self.face.psp) if item["eventCode"] in adyen.DISPUTE_CODES]
        return [self.face.connector.parse_webhook(adyen.envelope(item)) for item in items]

    def submissions(self, dispute: str) -> int:
        record = self.face.psp.sandbox.books.find("disputes", self.face.psp.key, dispute)
        assert record is not None
        return int(record.body["submissions"])


SIDES: dict[str, type[DisputeSide]] = {"stripe": StripeDisputes, "adyen": AdyenDisputes}


def receipt() -> EvidenceUpload:
    return EvidenceUpload(filename="receipt.pdf", content_type="application/pdf", content=pdf())


def _first(news: DisputeNews) -> tuple[str, str, datetime]:
    """As a dispute begins, before what the report says beyond that."""
    status = "warning_needs_response" if news.stage == "inquiry" else "needs_response"
    return news.stage, status, news.told_at
