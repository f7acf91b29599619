"""Disputes on the pages of what they are about: the payment, and the customer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from disputes.admin.words import deadline_badge, network_words, reason_words, status_badge
from disputes.models import Dispute
from disputes.queries.dispute_page import code_of, list_disputes_of_customer, list_disputes_of_payment
from foundation import clock
from foundation.backoffice.display import NOTHING, readable
from foundation.backoffice.panels import Panel, PanelLine, register_panel

VIEW = "disputes.view_dispute"


def panel_of_payment(request: HttpRequest, intent: Any) -> Panel | None:
    charge = intent.latest_attempt
    # A charge that was never disputed says so itself, and spares the page a query.
    if charge is None or not charge.is_disputed or not request.user.has_perm(VIEW):
        return None
    return _panel(list_disputes_of_payment(merchant_id=intent.merchant_id, payment_intent_id=intent.pk))


def panel_of_customer(request: HttpRequest, customer: Any) -> Panel | None:
    if not request.user.has_perm(VIEW):
        return None
    return _panel(list_disputes_of_customer(merchant_id=customer.merchant_id, customer_id=customer.pk))


def _panel(disputes: Sequence[Dispute]) -> Panel | None:
    return Panel("Disputes", [_line(dispute) for dispute in disputes]) if disputes else None


def _line(dispute: Dispute) -> PanelLine:
    countdown = deadline_badge(dispute, clock.now())
    state = status_badge(dispute)
    return PanelLine(
        state=state if countdown == NOTHING else state + countdown,  # type: ignore[operator]
        words=f"{readable(dispute.amount)} · {reason_words(dispute.reason)} · {network_words(dispute)}",
        code=dispute.public_id,
        url=reverse("admin:disputes_dispute_change", args=[dispute.pk]),
        note=code_of(dispute).claim,
    )


register_panel("payments.paymentintent", panel_of_payment)
register_panel("payments.customer", panel_of_customer)
