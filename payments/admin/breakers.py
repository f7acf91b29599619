"""Breakers: which calls flow to which PSP account now, and who switched what by hand and why."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminSelectWidget

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, actor_words, badge, instant
from foundation.backoffice.forms import ReasonedForm
from foundation.backoffice.scoping import narrow_to_staff
from foundation.backoffice.views import ActionView
from foundation.resilience.breaker import Reading
from foundation.resilience.circuits import CircuitState, Switch
from foundation.resilience.redis_client import outage
from payments.models import BreakerPosition, BreakerSwitch, PspAccount
from payments.operations.switch_breaker import switch_breaker
from payments.psp.guard import OPERATIONS
from payments.queries.breakers import AccountBreakers, list_newest_switches, read_breakers

SWITCH_PERMISSION = "payments.switch_breaker"
MOST_ACCOUNTS = 50
STATES = {
    CircuitState.CLOSED: ("Calls flow", "good"),
    CircuitState.HALF_OPEN: ("Being probed", "wait"),
    CircuitState.OPEN: ("Cut off", "bad"),
}
FORCED = {Switch.OPEN: ("Forced open", "bad"), Switch.CLOSED: ("Forced closed", "warn")}


def operation_words(operation: str) -> str:
    return operation.replace("_", " ").capitalize()


class SwitchForm(ReasonedForm):
    operation = forms.ChoiceField(
        choices=[(name, operation_words(name)) for name in OPERATIONS], widget=UnfoldAdminSelectWidget
    )
    position = forms.ChoiceField(choices=BreakerPosition.choices, widget=UnfoldAdminSelectWidget)
    field_order = ("operation", "position", "reason")


class SwitchBreaker(ActionView):
    """On a PSP account: cut one operation off, let it pass whatever happens, or leave it to the breaker."""

    verb = "switch_breaker"
    label = "Switch a breaker"
    permission = SWITCH_PERMISSION
    tone = "danger"
    form_class = SwitchForm

    def form_arguments(self, account: PspAccount) -> dict[str, Any]:
        asked = self.request.GET.get("operation")
        return {"initial": {"operation": asked}} if asked in OPERATIONS else {}

    def explanation(self, account: PspAccount) -> str:
        return (
            "Forced open, no such call leaves for this account: payments go to others or are not sent. Forced closed, "
            "every call leaves even while the PSP fails, and payments may end in doubt. It holds until it is switched "
            "back to automatic."
        )

    def perform(self, account: PspAccount, answers: dict[str, Any]) -> str:
        position = BreakerPosition(answers["position"])
        holds = switch_breaker(
            merchant_id=account.merchant_id,
            psp_account_id=account.id,
            operation=answers["operation"],
            position=position,
            reason=answers["reason"],
        )
        done = f"{operation_words(answers['operation'])}: {position.label}."
        return done if holds else f"{done} Redis is away: it holds as soon as Redis is back."

    def after(self, account: PspAccount) -> str:
        return reverse("admin:payments_breakerswitch_changelist")


@admin.register(BreakerSwitch)
class BreakerSwitchAdmin(BackOfficeAdmin):
    """The board of all circuits, and under it the decisions of people."""

    list_display = ("operation_name", "account", "decision", "reason", "decider", "decided")
    list_select_related = ("psp_account",)
    list_before_template = "admin/payments/breakerswitch/board.html"
    fields = ("operation_name", "account", "decision", "reason", "decider", "decided")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {**_board_of(request), **(extra_context or {})})

    @admin.display(description="operation")
    def operation_name(self, row: BreakerSwitch) -> str:
        return operation_words(row.operation)

    @admin.display(description="PSP account")
    def account(self, row: BreakerSwitch) -> str:
        return row.psp_account.name

    @admin.display(description="decision")
    def decision(self, row: BreakerSwitch) -> str:
        return badge(row.get_position_display(), "calm" if row.position == "automatic" else "warn")

    @admin.display(description="by")
    def decider(self, row: BreakerSwitch) -> str:
        return actor_words(row.decided_by)

    @admin.display(description="at")
    def decided(self, row: BreakerSwitch) -> str:
        return instant(row.decided_at)


def _board_of(request: HttpRequest) -> dict[str, Any]:
    accounts = narrow_to_staff(
        PspAccount.across_merchants.all(), request.user, merchant_path="merchant_id"
    ).order_by("priority", "id")[:MOST_ACCOUNTS]
    breakers = read_breakers(list(accounts))
    decisions = list_newest_switches(one.account for one in breakers)
    cut = sum(not reading.admits for one in breakers for reading in one.readings)
    return {
        "boards": [_board(one, decisions) for one in breakers],
        "breakers_cut": cut,
        "redis_is_away": outage.is_fresh(),
        "may_switch": request.user.has_perm(SWITCH_PERMISSION),
    }


def _board(one: AccountBreakers, decisions: dict[tuple[str, str], BreakerSwitch]) -> dict[str, Any]:
    account = one.account
    switch_url = reverse("admin:payments_pspaccount_switch_breaker", args=[account.pk])
    return {
        "name": account.name,
        "url": reverse("admin:payments_pspaccount_change", args=[account.pk]),
        "rows": [
            {
                "operation": operation_words(reading.circuit.operation),
                "state": badge(*_state_words(reading)),
                "calls": reading.calls,
                "errors": reading.errors,
                "unanswered": reading.unanswered_in_a_row,
                "decision": _decision_words(decisions.get(reading.circuit)),
                "switch_url": f"{switch_url}?operation={reading.circuit.operation}",
            }
            for reading in one.readings
        ],
    }


def _state_words(reading: Reading) -> tuple[str, str]:
    if reading.switch is not Switch.AUTOMATIC:
        return FORCED[reading.switch]
    if reading.state is CircuitState.OPEN and reading.admits:
        return "Cut off; the next call probes", "wait"
    return STATES[reading.state]


def _decision_words(decided: BreakerSwitch | None) -> str:
    if decided is None or decided.position == BreakerPosition.AUTOMATIC:
        return NOTHING
    return format_html(
        "{}, {}: {}", actor_words(decided.decided_by), instant(decided.decided_at), decided.reason
    )
