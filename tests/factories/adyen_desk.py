"""A disputes agent's desk at Adyen: its notifications in, our API out, and what the two sides' books have to say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from disputes.models import DisputeFundMovement
from foundation.ids import new_id
from payments.psp.adyen.connector import AdyenConnector
from payments.psp.disputes import AcceptRequest, EvidenceRequest
from payments.psp.outcomes import Succeeded
from payments.queries.psp_orders import credentials_of
from tests.factories import adyen
from tests.factories.books import DISPUTE_FEES, DISPUTED_FUNDS, LOSSES
from tests.factories.dispute_desk import Desk
from tests.factories.shop import Shop

Item = dict[str, Any]


@dataclass
class AdyenDesk(Desk):
    heard: list[Item] = field(default_factory=list)

    def news(self) -> list[Item]:
        items = adyen.told(self.shop.psp, *adyen.DISPUTE_CODES)
        return [item for item in items if item not in self.heard]

    def hears(self, events: list[Item] | None = None) -> None:
        given = self.news() if events is None else events
        self.heard += given
        adyen.tell(self.shop, *given)
        self.works()

    def hears_of_payments(self) -> None:
        """All that is no news of disputes; what comes twice changes nothing."""
        items = adyen.told(self.shop.psp)
        adyen.tell(self.shop, *[item for item in items if item["eventCode"] not in adyen.DISPUTE_CODES])
        self.works()

    def somebody_defends(self, reference: str, text: str) -> None:
        """In Adyen's Customer Area: we are only told."""
        request = EvidenceRequest(
            psp_key=f"ca_{new_id().hex}", psp_reference=reference, texts={"uncategorized_text": text}
        )
        answer = AdyenConnector().submit_dispute_evidence(credentials_of(self.shop.account), request)
        assert isinstance(answer.outcome, Succeeded), answer.outcome

    def somebody_accepts(self, reference: str) -> None:
        request = AcceptRequest(psp_key=f"ca_{new_id().hex}", psp_reference=reference)
        answer = AdyenConnector().accept_dispute(credentials_of(self.shop.account), request)
        assert isinstance(answer.outcome, Succeeded), answer.outcome


def assert_adyen_disputes_agree(shop: Shop, *, are_fees_settled: bool = False) -> None:
    """Each movement of a dispute is booked once, the accounts hold what Adyen holds, and it owes what we say: but for
    the fees of disputes, which only its settlement report tells."""
    at_psp = [
        (entry["id"], entry["currency"], entry["amount_minor"])
        for entry in shop.psp.entries()
        if entry["dispute"]
    ]
    rows = DisputeFundMovement.objects.for_merchant(shop.id).exclude(amount_minor=0)
    assert sorted(rows.values_list("movement_id", "currency", "amount_minor")) == sorted(at_psp)
    ledger = shop.balances()
    clearing = f"assets/psp_clearing/{shop.account.public_id}"
    for currency, sums in shop.psp.books().items():
        held = sum(ledger.get((path, currency), 0) for path in (DISPUTED_FUNDS, LOSSES))
        assert held == sums["disputes_withdrawn_minor"] - sums["disputes_reinstated_minor"]
        booked = ledger.get((DISPUTE_FEES, currency), 0)
        untold = sums["disputes_fees_minor"] - booked
        assert untold == 0 if are_fees_settled else booked == 0
        assert ledger.get((clearing, currency), 0) == sums["balance_minor"] + untold
