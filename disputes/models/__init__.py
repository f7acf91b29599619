"""The rows of disputes: fields, constraints and the arrows between states. Nothing here saves, locks or asks."""

from disputes.models.disputes import ClosedBy, Dispute, DisputeStage, DisputeStatus
from disputes.models.files import EvidenceFile
from disputes.models.monitoring import MonitoringFigure
from disputes.models.movements import DisputeFundMovement, DisputeRecount
from disputes.models.orders import STANDING, DisputeOrder, OrderKind, OrderStatus
from disputes.models.policies import (
    DisputeNote,
    DisputePolicy,
    EvidenceTemplate,
    PolicyKind,
    ShopPolicy,
)
from disputes.models.warnings import FraudWarning

__all__ = [
    "STANDING",
    "ClosedBy",
    "Dispute",
    "DisputeFundMovement",
    "DisputeNote",
    "DisputeOrder",
    "DisputePolicy",
    "DisputeRecount",
    "DisputeStage",
    "DisputeStatus",
    "EvidenceFile",
    "EvidenceTemplate",
    "FraudWarning",
    "MonitoringFigure",
    "OrderKind",
    "OrderStatus",
    "PolicyKind",
    "ShopPolicy",
]
