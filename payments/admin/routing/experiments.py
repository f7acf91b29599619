"""Experiments: describing, starting and stopping them, and the page of what they found."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from foundation import clock
from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import actor_words, badge, instant, mono
from foundation.backoffice.filters import fixed_filter
from foundation.backoffice.forms import ReasonedForm
from foundation.backoffice.views import ActionView
from payments.admin.routing.experiment_form import ExperimentForm
from payments.admin.routing.rule_actions import Desk, OnDesk, desks_of
from payments.admin.routing.shares import account_choices
from payments.admin.routing.words import EXPERIMENT_BADGES, account_names, conditions_words, points_words
from payments.models import RoutingExperiment
from payments.operations.create_experiment import create_experiment
from payments.operations.start_experiment import start_experiment
from payments.operations.stop_experiment import stop_experiment
from payments.queries.experiment_results import POINTS, read_arm_results, read_course
from payments.routing.report_page import report_page

S = RoutingExperiment.Status
DESCRIBED = (
    "name",
    "hypothesis",
    "arms",
    "conditions",
    "is_sticky",
    "minimum_difference_bps",
    "guardrail_bps",
)


class DescribeExperiment(OnDesk):
    verb = "describe"
    label = "Save experiment"
    permission = "payments.run_experiment"
    form_class = ExperimentForm

    template_name = "admin/payments/routingexperiment/describe.html"
    has_dialog = False

    def explanation(self, desk: Desk) -> str:
        return "No payment takes part before it is started."

    def form_arguments(self, desk: Desk) -> dict[str, Any]:
        return {"accounts": account_choices(desk.merchant_id)}

    def perform(self, desk: Desk, answers: dict[str, Any]) -> str:
        described = {name: answers[name] for name in DESCRIBED}
        create_experiment(merchant_id=desk.merchant_id, experiment_id=answers["form_key"], **described)
        return "The experiment is described. Start it on its page."


class StartExperiment(ActionView):
    verb = "start"
    label = "Start"
    permission = "payments.run_experiment"

    @classmethod
    def applies(cls, experiment: RoutingExperiment) -> bool:
        return experiment.status == S.DRAFT

    def explanation(self, experiment: RoutingExperiment) -> str:
        return "Payments are drawn into its arms from now on. It stops by itself when an arm is proven bad."

    def perform(self, experiment: RoutingExperiment, answers: dict[str, Any]) -> str:
        start_experiment(merchant_id=experiment.merchant_id, experiment_id=experiment.id)
        return "Started."


class StopExperiment(ActionView):
    verb = "stop"
    label = "Stop"
    tone = "danger"
    permission = "payments.run_experiment"
    form_class = ReasonedForm

    @classmethod
    def applies(cls, experiment: RoutingExperiment) -> bool:
        return experiment.status != S.STOPPED

    def perform(self, experiment: RoutingExperiment, answers: dict[str, Any]) -> str:
        stop_experiment(
            merchant_id=experiment.merchant_id, experiment_id=experiment.id, reason=answers["reason"]
        )
        return "Stopped. What was found stays."


@admin.register(RoutingExperiment)
class RoutingExperimentAdmin(BackOfficeAdmin):
    list_display = ("name", "state", "started", "stopped", "stop_reason", "merchant_name")
    list_filter = (
        fixed_filter("status", [(status, words) for status, (words, _) in EXPERIMENT_BADGES.items()]),
    )
    list_before_template = "admin/payments/routingexperiment/describe_links.html"
    change_form_template = "admin/payments/routingexperiment/change_form.html"
    fields = (
        "name",
        "shown_id",
        "merchant_name",
        "state",
        "hypothesis",
        "drawn",
        "stickiness",
        "smallest_difference",
        "guardrail",
        "confidence",
        "started",
        "stopped",
        "stop_reason",
        "looked",
    )
    action_views: ClassVar = [StartExperiment, StopExperiment]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("merchant")

    def get_urls(self) -> list[URLPattern]:
        describe = self.admin_site.admin_view(DescribeExperiment.as_view(model_admin=self))
        name = self.action_url_name(DescribeExperiment)
        return [path("describe/<str:object_id>/", describe, name=name), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        links: list[tuple[str, str]] = []
        if request.user.has_perm(DescribeExperiment.permission):
            address = f"admin:{self.action_url_name(DescribeExperiment)}"
            links = [(desk.name, reverse(address, args=[desk.pk])) for desk in desks_of(request)]
        return super().changelist_view(request, {"describe_links": links, **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        experiment = kwargs.get("obj")
        if experiment is not None:
            context |= _page(experiment)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="id")
    def shown_id(self, experiment: RoutingExperiment) -> str:
        return mono(experiment.public_id)

    @admin.display(description="status")
    def state(self, experiment: RoutingExperiment) -> str:
        return badge(*EXPERIMENT_BADGES[experiment.status])

    @admin.display(description="payments that take part")
    def drawn(self, experiment: RoutingExperiment) -> str:
        return conditions_words(experiment.conditions)

    @admin.display(description="a customer")
    def stickiness(self, experiment: RoutingExperiment) -> str:
        return "stays in one arm" if experiment.is_sticky else "is drawn anew with each payment"

    @admin.display(description="smallest difference worth finding")
    def smallest_difference(self, experiment: RoutingExperiment) -> str:
        return points_words(experiment.minimum_difference_bps)

    @admin.display(description="stops when an arm is worse by more than")
    def guardrail(self, experiment: RoutingExperiment) -> str:
        return points_words(experiment.guardrail_bps)

    @admin.display(description="confidence")
    def confidence(self, experiment: RoutingExperiment) -> str:
        return f"{experiment.confidence_bps / 100:g} %"

    @admin.display(description="started")
    def started(self, experiment: RoutingExperiment) -> str:
        return _by(experiment.started_by, experiment.started_at)

    @admin.display(description="stopped")
    def stopped(self, experiment: RoutingExperiment) -> str:
        return _by(experiment.stopped_by, experiment.stopped_at)

    @admin.display(description="guardrail looked")
    def looked(self, experiment: RoutingExperiment) -> str:
        return instant(experiment.last_look_at)


def _by(actor: str, at: Any) -> str:
    return format_html("{}, {}", instant(at), actor_words(actor)) if actor else instant(at)


def _page(experiment: RoutingExperiment) -> dict[str, Any]:
    page = report_page(
        read_arm_results(experiment),
        read_course(experiment, until=experiment.stopped_at or clock.now()),
        course_points=POINTS,
        confidence_bps=experiment.confidence_bps,
        minimum_difference_bps=experiment.minimum_difference_bps,
        guardrail_bps=experiment.guardrail_bps,
    )
    names = account_names(experiment.merchant_id, [arm["psp_account"] for arm in experiment.arms])
    accounts = {arm["name"]: names.get(arm["psp_account"], "") for arm in experiment.arms}
    return {"standing": badge(*EXPERIMENT_BADGES[experiment.status]), "report": page, "accounts": accounts}
