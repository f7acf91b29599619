"""Texts kept for evidence: templates that agents reuse, and the policies that customers were shown."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import truncatechars
from django.utils import timezone
from django.utils.html import format_html, linebreaks
from simple_history.admin import SimpleHistoryAdmin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from disputes.admin.of_merchant import Shop, ShopActionsAdmin, ShopActionView
from disputes.admin.words import field_words, reason_words
from disputes.evidence_fields import TEXT_FIELDS
from disputes.evidence_limits import MAX_FIELD_CHARACTERS
from disputes.models import EvidenceTemplate, PolicyKind, ShopPolicy
from disputes.operations.delete_evidence_template import delete_evidence_template
from disputes.operations.publish_shop_policy import publish_shop_policy
from disputes.operations.save_evidence_template import save_evidence_template
from disputes.reason_codes import categories
from disputes.template_texts import template_hash
from foundation import clock
from foundation.backoffice.display import badge, instant, mono
from foundation.backoffice.filters import fixed_filter
from foundation.backoffice.forms import ActionForm
from foundation.backoffice.views import ActionView

WRITE_TEMPLATES = "disputes.write_templates"
PUBLISH_POLICIES = "disputes.publish_shop_policies"
PREVIEW_CHARACTERS = 90


class TemplateForm(ActionForm):
    """initial_of: the template that is changed."""

    name = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}))
    field = forms.ChoiceField(
        label="For the field",
        choices=[(name, field_words(name)) for name in TEXT_FIELDS],
        widget=UnfoldAdminSelectWidget,
    )
    category = forms.ChoiceField(
        label="For claims of",
        required=False,
        choices=[("", "Any kind"), *((name, reason_words(name)) for name in categories())],
        widget=UnfoldAdminSelectWidget,
    )
    text = forms.CharField(
        max_length=MAX_FIELD_CHARACTERS,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8}),
        help_text="Leave gaps where each case differs: agents fill them in.",
    )

    def __init__(self, *args: Any, initial_of: EvidenceTemplate | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("name", "field", "category", "text") if initial_of is not None else ():
            self.fields[name].initial = getattr(initial_of, name)


class NewTemplate(ShopActionView):
    verb = "new"
    label = "New template"
    permission = WRITE_TEMPLATES
    form_class = TemplateForm

    def perform(self, shop: Shop, answers: dict[str, Any]) -> str:
        _save(shop, answers, answers["form_key"])
        return f"The template “{answers['name']}” is kept."


class ChangeTemplateForm(TemplateForm):
    # What the person saw: a colleague's change meanwhile is not written over unseen.
    shown = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, initial_of: EvidenceTemplate, **kwargs: Any) -> None:
        super().__init__(*args, initial_of=initial_of, **kwargs)
        self.fields["shown"].initial = template_hash(initial_of)


class ChangeTemplate(ActionView):
    verb = "edit"
    label = "Change"
    permission = WRITE_TEMPLATES
    form_class = ChangeTemplateForm

    def form_arguments(self, template: EvidenceTemplate) -> dict[str, Any]:
        return {"initial_of": template}

    def perform(self, template: EvidenceTemplate, answers: dict[str, Any]) -> str:
        _save(template, answers, template.id, expected_sha256=answers["shown"])
        return "Changed. Evidence written with it before stays as it is."


class DeleteTemplate(ActionView):
    verb = "remove"
    label = "Delete"
    tone = "danger"
    permission = WRITE_TEMPLATES

    def explanation(self, template: EvidenceTemplate) -> str:
        return f"“{template.name}” is no longer offered. Evidence written with it stays as it is."

    def perform(self, template: EvidenceTemplate, answers: dict[str, Any]) -> str:
        delete_evidence_template(merchant_id=template.merchant_id, template_id=template.id)
        return "Deleted."

    def after(self, template: EvidenceTemplate) -> str:
        return ShopActionView.after(self, template)  # type: ignore[arg-type]


@admin.register(EvidenceTemplate)
class EvidenceTemplateAdmin(SimpleHistoryAdmin, ShopActionsAdmin):
    list_display = ("name", "field_label", "category_label", "beginning", "merchant_name")
    list_select_related = ("merchant",)
    fields = ("name", "field_label", "category_label", "whole_text", "created")
    shop_views: ClassVar = [NewTemplate]
    action_views: ClassVar = [ChangeTemplate, DeleteTemplate]

    @admin.display(description="for the field")
    def field_label(self, template: EvidenceTemplate) -> str:
        return field_words(template.field)

    @admin.display(description="for claims of")
    def category_label(self, template: EvidenceTemplate) -> str:
        return reason_words(template.category) if template.category else "Any kind"

    @admin.display(description="text")
    def beginning(self, template: EvidenceTemplate) -> str:
        return truncatechars(template.text, PREVIEW_CHARACTERS)

    @admin.display(description="text")
    def whole_text(self, template: EvidenceTemplate) -> str:
        return format_html("{}", linebreaks(template.text, autoescape=True))

    @admin.display(description="made")
    def created(self, template: EvidenceTemplate) -> str:
        return instant(template.created_at)


class PolicyForm(ActionForm):
    kind = forms.ChoiceField(label="About", choices=PolicyKind.choices, widget=UnfoldAdminSelectWidget)
    in_force_from = forms.DateTimeField(
        label="Shown to customers from",
        initial=lambda: timezone.localtime(clock.now()).replace(second=0, microsecond=0),
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
        help_text="In your own time. A past moment is right for what was shown then.",
    )
    text = forms.CharField(
        max_length=MAX_FIELD_CHARACTERS,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 10}),
        help_text="Word for word, with where customers see it. It can not be changed: a new text follows it.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["in_force_from"].widget.format = "%Y-%m-%dT%H:%M"


class PublishPolicy(ShopActionView):
    verb = "new"
    label = "New text"
    permission = PUBLISH_POLICIES
    form_class = PolicyForm

    def explanation(self, shop: Shop) -> str:
        return "Disputes are answered with the text that was in force when the purchase was made."

    def perform(self, shop: Shop, answers: dict[str, Any]) -> str:
        publish_shop_policy(
            merchant_id=shop.merchant_id,
            policy_id=answers["form_key"],
            kind=answers["kind"],
            text=answers["text"].replace("\r\n", "\n"),
            in_force_from=answers["in_force_from"],
        )
        return "Kept, for good."


@admin.register(ShopPolicy)
class ShopPolicyAdmin(ShopActionsAdmin):
    list_display = ("about", "state", "since", "beginning", "merchant_name")
    list_select_related = ("merchant",)
    list_filter = (fixed_filter("kind", list(PolicyKind.choices)),)
    fields = ("shown_id", "about", "state", "since", "whole_text")
    shop_views: ClassVar = [PublishPolicy]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("merchant")

    @admin.display(description="id")
    def shown_id(self, policy: ShopPolicy) -> str:
        return mono(policy.public_id)

    @admin.display(description="about")
    def about(self, policy: ShopPolicy) -> str:
        return str(PolicyKind(policy.kind).label)

    @admin.display(description="state")
    def state(self, policy: ShopPolicy) -> str:
        return (
            badge("Begun", "good") if policy.in_force_from <= clock.now() else badge("Still to begin", "wait")
        )

    @admin.display(description="from")
    def since(self, policy: ShopPolicy) -> str:
        return instant(policy.in_force_from)

    @admin.display(description="text")
    def beginning(self, policy: ShopPolicy) -> str:
        return truncatechars(policy.text, PREVIEW_CHARACTERS)

    @admin.display(description="text")
    def whole_text(self, policy: ShopPolicy) -> str:
        return format_html("{}", linebreaks(policy.text, autoescape=True))


def _save(
    owner: Any, answers: dict[str, Any], template_id: Any, *, expected_sha256: str | None = None
) -> None:
    save_evidence_template(
        merchant_id=owner.merchant_id,
        template_id=template_id,
        name=answers["name"],
        category=answers["category"],
        field=answers["field"],
        text=answers["text"].replace("\r\n", "\n"),
        expected_sha256=expected_sha256,
    )
