"""Which of the defenses that Adyen offers fits our evidence. Pure.

A defense states something of its own (that goods were sent, that a policy was shown): it is chosen only where a field
of our evidence backs it. Otherwise the general one goes, which states nothing but what the documents say.
Source of the codes: docs.adyen.com/risk-management/understanding-disputes/dispute-reason-codes and
docs.adyen.com/api-explorer/Disputes/30/post/retrieveApplicableDefenseReasons, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

REQUIRED, ALTERNATIVE, ONE_OR_MORE, OPTIONAL = "Required", "AlternativeRequired", "OneOrMore", "Optional"
LEVELS = (REQUIRED, ALTERNATIVE, ONE_OR_MORE, OPTIONAL)
"""In the order in which a document is owed."""

EVIDENCE_OF: dict[str, tuple[str, ...]] = {
    "CancellationNeverAccepted": ("customer_communication", "cancellation_rebuttal"),
    "CardholderIdentification": ("customer_signature", "access_activity_log", "customer_purchase_ip"),
    "DateMerchandiseShipped": ("shipping_documentation", "shipping_date"),
    "DisclosureAtPointOfInteraction": (
        "refund_policy",
        "cancellation_policy",
        "refund_policy_disclosure",
        "cancellation_policy_disclosure",
    ),
    "GoodsNotReturned": ("refund_refusal_explanation",),
    "GoodsWereAsDescribed": ("product_description",),
    "PaymentByOtherMeans": ("duplicate_charge_documentation", "duplicate_charge_explanation"),
    "PositiveAVS": ("billing_address",),
    "ProofOfAbilityToProvideServices": ("service_documentation",),
    "ProofOfGoodsOrServicesProvided": (
        "shipping_documentation",
        "service_documentation",
        "shipping_tracking_number",
        "service_date",
        "access_activity_log",
    ),
    "ProofOfRetailSaleRatherThanCredit": ("receipt",),
    "ShippedToAVS": ("shipping_documentation", "shipping_address"),
    "TIDorInvoice": ("receipt",),
}
"""Document type -> the fields of our evidence that it is about. A type that is not here is about anything."""

_PREFERRED: dict[str, tuple[str, ...]] = {
    "fraudulent": ("CompellingEvidence", "ShippedToAVS"),
    "product_not_received": ("MerchandiseReceived", "ServicesProvided", "GoodsOrServicesProvided"),
    "product_unacceptable": ("GoodsWereAsDescribed", "CreditOrCancellationPolicyProperlyDisclosed"),
    "subscription_canceled": ("CreditOrCancellationPolicyProperlyDisclosed", "GoodsOrServicesProvided"),
    "credit_not_processed": (
        "CreditOrCancellationPolicyProperlyDisclosed",
        "GoodsNotReturned",
        "PurchaseProperlyPosted",
    ),
    "duplicate": ("PaymentByOtherMeans", "PurchaseProperlyPosted"),
}
_GENERAL = ("SupplyDefenseMaterial", "AdditionalInformation", "InvalidChargeback")


@dataclass(frozen=True, slots=True)
class DocumentType:
    code: str
    level: str


@dataclass(frozen=True, slots=True)
class Defense:
    code: str
    types: tuple[DocumentType, ...]

    @property
    def main_type(self) -> DocumentType | None:
        """The one that our letter goes under."""
        return min(self.types, key=lambda one: LEVELS.index(one.level), default=None)


def read_defenses(told: Sequence[dict[str, Any]]) -> list[Defense]:
    """Raises KeyError and the like for what is no such list. A level that nobody knows is optional."""
    return [
        Defense(
            code=str(one["defenseReasonCode"]),
            types=tuple(
                DocumentType(
                    code=str(kind["defenseDocumentTypeCode"]),
                    level=kind["requirementLevel"] if kind["requirementLevel"] in LEVELS else OPTIONAL,
                )
                for kind in one.get("defenseDocumentTypes") or []
            ),
        )
        for one in told
    ]


def choose_defense(offered: Sequence[Defense], *, reason: str, fields: Collection[str]) -> Defense | None:
    """reason: the claim's category. fields: those of the evidence that say something. None: there is nothing to
    choose from."""
    takes_documents = [defense for defense in offered if defense.types]
    by_code = {defense.code: defense for defense in takes_documents}
    stated = [by_code[code] for code in _PREFERRED.get(reason, ()) if code in by_code]
    backed = [defense for defense in stated if _is_backed(defense, fields)]
    general = [by_code[code] for code in _GENERAL if code in by_code]
    return next(iter([*backed, *general, *stated, *takes_documents]), None)


def _is_backed(defense: Defense, fields: Collection[str]) -> bool:
    owed = [_backs(one, fields) for one in defense.types if one.level in (REQUIRED, ALTERNATIVE)]
    one_of = [_backs(one, fields) for one in defense.types if one.level == ONE_OR_MORE]
    return all(owed) and (not one_of or any(one_of)) and bool(owed or one_of)


def _backs(one: DocumentType, fields: Collection[str]) -> bool:
    about = EVIDENCE_OF.get(one.code)
    return about is None or any(name in fields for name in about)
