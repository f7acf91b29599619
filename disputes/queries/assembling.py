"""What the evidence of a dispute can be filled with from our own history, and how it stands for Visa's rules."""

from __future__ import annotations

from datetime import timedelta

from disputes.assembly import assemble_texts, one_line
from disputes.compelling_evidence import (
    MAX_AGE,
    NOT_QUALIFIED,
    QUALIFYING_CODE,
    STRONG,
    WEAK,
    Purchase,
    Standing,
    weigh_evidence,
)
from disputes.models import Dispute, PolicyKind, ShopPolicy
from disputes.reason_codes import reason_code
from payments.queries.purchases import (
    PurchaseFacts,
    earlier_purchases_of,
    find_twin_purchase,
    list_earlier_purchases,
    purchase_of,
    read_purchase,
)

TWIN_WITHIN = timedelta(days=14)
HISTORY = timedelta(days=730)


def fill_evidence(dispute: Dispute) -> dict[str, str]:
    """Text fields that our own history fills; what an agent staged is not looked at."""
    where = {"merchant_id": dispute.merchant_id, "attempt_id": dispute.attempt_id}
    purchase = read_purchase(**where)
    code = reason_code(dispute.network, dispute.network_reason_code, dispute.reason)
    return assemble_texts(
        purchase,
        category=code.category,
        earlier=list_earlier_purchases(**where, not_older_than=HISTORY),
        twin=find_twin_purchase(**where, within=TWIN_WITHIN) if code.category == "duplicate" else None,
        policies=_policies_at(dispute, purchase),
    )


def read_standing(dispute: Dispute) -> Standing:
    """How the dispute stands for compelling evidence 3.0, from the facts that the product service posted."""
    if dispute.network_reason_code != QUALIFYING_CODE:
        return Standing(NOT_QUALIFIED)
    earlier = earlier_purchases_of(dispute.attempt, not_older_than=MAX_AGE)
    return weigh_evidence(
        dispute.network_reason_code,
        _purchase(purchase_of(dispute.attempt), staged=dispute.evidence),
        [_purchase(one) for one in earlier],
    )


def _purchase(facts: PurchaseFacts, staged: dict[str, str] | None = None) -> Purchase:
    known = {name: facts.metadata.get(name, "") for name in (*STRONG, *WEAK)}
    known["customer_email_address"] = known["customer_email_address"] or facts.customer_email
    known["shipping_address"] = known["shipping_address"] or one_line(facts.shipping.get("address") or {})
    if staged and staged.get("customer_purchase_ip"):
        known["customer_purchase_ip"] = staged["customer_purchase_ip"]
    return Purchase(
        charge=facts.charge,
        made_at=facts.made_at,
        facts={name: value for name, value in known.items() if value},
        was_disputed=facts.is_disputed,
        has_description=bool(facts.description),
    )


def _policies_at(dispute: Dispute, purchase: PurchaseFacts) -> dict[str, str]:
    found = {}
    for kind in PolicyKind.values:
        policy = (
            ShopPolicy.objects.for_merchant(dispute.merchant_id)
            .filter(kind=kind, in_force_from__lte=purchase.made_at)
            .order_by("-in_force_from")
            .first()
        )
        if policy is not None:
            found[kind] = policy.text
    return found
