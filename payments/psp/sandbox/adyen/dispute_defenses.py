"""Which defenses Adyen offers against which claim, and the documents that each needs. Data only.

Source of the codes: https://docs.adyen.com/risk-management/understanding-disputes/dispute-reason-codes and
https://docs.adyen.com/api-explorer/Disputes/30/post/retrieveApplicableDefenseReasons, read 2026-11; a selection.
"""

from ..books import Body

REQUIRED, ONE_OR_MORE, OPTIONAL = "Required", "OneOrMore", "Optional"
Defense = tuple[str, tuple[tuple[str, str], ...]]

_MATERIAL: Defense = ("SupplyDefenseMaterial", (("DefenseMaterial", REQUIRED), ("TIDorInvoice", OPTIONAL)))
_INVALID: Defense = ("InvalidChargeback", (("InvalidChargeback", OPTIONAL),))
_ADDITIONAL: Defense = (
    "AdditionalInformation",
    (("DefenseMaterial", REQUIRED), ("AdditionalInformation", OPTIONAL)),
)
_RECEIVED: Defense = (
    "MerchandiseReceived",
    (("DateMerchandiseShipped", REQUIRED), ("ProofOfGoodsOrServicesProvided", REQUIRED)),
)
_PROVIDED: Defense = ("ServicesProvided", (("ProofOfGoodsOrServicesProvided", REQUIRED),))
_GOODS_PROVIDED: Defense = (
    "GoodsOrServicesProvided",
    (("ProofOfAbilityToProvideServices", ONE_OR_MORE), ("ProofOfGoodsOrServicesProvided", ONE_OR_MORE)),
)
_DESCRIBED: Defense = (
    "GoodsWereAsDescribed",
    (("GoodsWereAsDescribed", REQUIRED), ("TIDorInvoice", REQUIRED)),
)
_DISCLOSED: Defense = (
    "CreditOrCancellationPolicyProperlyDisclosed",
    (("DisclosureAtPointOfInteraction", REQUIRED),),
)
_COMPELLING: Defense = ("CompellingEvidence", (("CardholderIdentification", REQUIRED),))
_SHIPPED: Defense = ("ShippedToAVS", (("PositiveAVS", REQUIRED), ("ShippedToAVS", REQUIRED)))

_BY_CODE: dict[str, tuple[Defense, ...]] = {
    # Liability lies with whoever had no chip terminal: there is nothing to say.
    "10.1": (),
    "10.4": (_ADDITIONAL,),
    "13.1": (_INVALID, _RECEIVED, _PROVIDED),
    "13.2": (_DISCLOSED, _INVALID),
    "13.3": (_DESCRIBED, _INVALID),
    "13.6": (_DISCLOSED, _INVALID),
    "4837": (_COMPELLING, _SHIPPED, _MATERIAL),
    "4853": (_GOODS_PROVIDED, _DESCRIBED, _DISCLOSED, _MATERIAL),
}


def defenses_against(reason_code: str) -> tuple[Defense, ...]:
    return _BY_CODE.get(reason_code, (_MATERIAL,))


def shown(defense: Defense, documents: Body) -> Body:
    code, types = defense
    return {
        "defenseReasonCode": code,
        "defenseDocumentTypes": [
            {"available": name in documents, "defenseDocumentTypeCode": name, "requirementLevel": level}
            for name, level in types
        ],
        "satisfied": is_satisfied(defense, documents),
    }


def is_satisfied(defense: Defense, documents: Body) -> bool:
    needed = [name for name, level in defense[1] if level == REQUIRED]
    one_of = [name for name, level in defense[1] if level == ONE_OR_MORE]
    has_any = not one_of or any(name in documents for name in one_of)
    return has_any and all(name in documents for name in needed)
