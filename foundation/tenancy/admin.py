"""Pages of merchants, API keys and people. A key's secret is never here: only its hash is stored."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from foundation import clock
from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import badge, instant, mono
from foundation.backoffice.filters import fixed_filter
from foundation.backoffice.forms import ReasonedForm
from foundation.backoffice.views import ActionView
from foundation.context import current
from foundation.tenancy.errors import StaffInvalid
from foundation.tenancy.models import ApiKey, Merchant, StaffAssignment, StaffUser
from foundation.tenancy.operations import revoke_api_key
from foundation.tenancy.staff import assign_staff, set_staff_active


@admin.register(Merchant)
class MerchantAdmin(SimpleHistoryAdmin, BackOfficeAdmin):
    merchant_path = "id"
    list_display = ("name", "shown_id", "mode", "default_currency", "country", "created")
    search_fields = ("name",)
    fields = (
        "name",
        "shown_id",
        "mode",
        "default_currency",
        "country",
        "timezone",
        "email",
        "platform",
        "created",
    )

    @admin.display(description="id")
    def shown_id(self, merchant: Merchant) -> str:
        return mono(merchant.public_id)

    @admin.display(description="mode")
    def mode(self, merchant: Merchant) -> str:
        return badge("Live", "good") if merchant.livemode else badge("Sandbox", "calm")

    @admin.display(description="created")
    def created(self, merchant: Merchant) -> str:
        return instant(merchant.created_at)


class RevokeApiKey(ActionView):
    verb = "revoke"
    label = "Revoke key"
    tone = "danger"
    permission = "foundation.revoke_api_key"
    form_class = ReasonedForm

    @classmethod
    def applies(cls, key: ApiKey) -> bool:
        return key.revoked_at is None

    def explanation(self, key: ApiKey) -> str:
        return "Requests with this key are refused from now on. This cannot be undone; the merchant needs another key."

    def perform(self, key: ApiKey, answers: dict[str, Any]) -> str:
        revoke_api_key(merchant_id=key.merchant_id, api_key_id=key.id)
        return "The key is revoked."


@admin.register(ApiKey)
class ApiKeyAdmin(SimpleHistoryAdmin, BackOfficeAdmin):
    list_display = (
        "name_or_prefix",
        "merchant_name",
        "shown",
        "scope_words",
        "state",
        "last_used",
        "created",
    )
    list_select_related = ("merchant",)
    action_views: ClassVar = [RevokeApiKey]
    fields = (
        "name",
        "shown_id",
        "merchant_name",
        "shown",
        "scope_words",
        "networks",
        "state",
        "expires",
        "last_used",
        "created",
    )

    @admin.display(description="name")
    def name_or_prefix(self, key: ApiKey) -> str:
        return key.name or f"Key …{key.last4}"

    @admin.display(description="id")
    def shown_id(self, key: ApiKey) -> str:
        return mono(key.public_id)

    @admin.display(description="key")
    def shown(self, key: ApiKey) -> str:
        return mono(f"{key.shown_prefix}…{key.last4}")

    @admin.display(description="scopes")
    def scope_words(self, key: ApiKey) -> str:
        if key.scopes == {"*": "write"}:
            return "everything"
        return ", ".join(f"{scope}: {access}" for scope, access in sorted(key.scopes.items())) or "none"

    @admin.display(description="allowed networks")
    def networks(self, key: ApiKey) -> str:
        return ", ".join(key.allowed_networks) or "any"

    @admin.display(description="state")
    def state(self, key: ApiKey) -> str:
        now = clock.now()
        if key.revoked_at is not None and key.revoked_at <= now:
            return badge("Revoked", "bad")
        if key.expires_at is not None and key.expires_at <= now:
            return badge("Expired", "warn")
        return badge("Active", "good")

    @admin.display(description="expires")
    def expires(self, key: ApiKey) -> str:
        return instant(key.expires_at)

    @admin.display(description="last used")
    def last_used(self, key: ApiKey) -> str:
        return instant(key.last_used_at)

    @admin.display(description="created")
    def created(self, key: ApiKey) -> str:
        return instant(key.created_at)


class AssignStaffForm(ReasonedForm):
    role = forms.ModelChoiceField(
        Group.objects.order_by("name"), to_field_name="name", widget=UnfoldAdminSelectWidget
    )
    merchants = forms.ModelMultipleChoiceField(
        Merchant.objects.order_by("name"), widget=UnfoldAdminCheckboxSelectMultipleWidget, required=False
    )
    field_order = ("role", "merchants", "reason")

    def __init__(self, *args: Any, staff: StaffUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].initial = staff.groups.values_list("name", flat=True).first()
        self.fields["merchants"].initial = [a.merchant_id for a in staff.assignments.all()]


class AssignStaff(ActionView):
    verb = "assign"
    label = "Change role and merchants"
    permission = "foundation.change_staffuser"
    form_class = AssignStaffForm

    @classmethod
    def refusal(cls, staff: StaffUser) -> str:
        return "Nobody changes their own role." if _is_oneself(staff) else ""

    def form_arguments(self, staff: StaffUser) -> dict[str, Any]:
        return {"staff": staff}

    def perform(self, staff: StaffUser, answers: dict[str, Any]) -> str:
        _refuse_oneself(staff)
        assign_staff(
            staff_id=staff.pk,
            role=answers["role"].name,
            merchant_ids=[merchant.id for merchant in answers["merchants"]],
        )
        count = len(answers["merchants"])
        return (
            f"{staff.username} is now {answers['role'].name} for {count} merchant{'' if count == 1 else 's'}."
        )


class SwitchOffStaff(ActionView):
    verb = "switch_off"
    label = "Switch off"
    tone = "danger"
    permission = "foundation.change_staffuser"
    form_class = ReasonedForm

    @classmethod
    def applies(cls, staff: StaffUser) -> bool:
        return staff.is_active

    @classmethod
    def refusal(cls, staff: StaffUser) -> str:
        return "Nobody switches themselves off." if _is_oneself(staff) else ""

    def explanation(self, staff: StaffUser) -> str:
        return f"{staff.username} is logged out with their next click and cannot log in again."

    def perform(self, staff: StaffUser, answers: dict[str, Any]) -> str:
        _refuse_oneself(staff)
        set_staff_active(staff_id=staff.pk, is_active=False)
        return f"{staff.username} is switched off."


class SwitchOnStaff(ActionView):
    verb = "switch_on"
    label = "Switch on"
    permission = "foundation.change_staffuser"
    form_class = ReasonedForm

    @classmethod
    def applies(cls, staff: StaffUser) -> bool:
        return not staff.is_active

    def perform(self, staff: StaffUser, answers: dict[str, Any]) -> str:
        set_staff_active(staff_id=staff.pk, is_active=True)
        return f"{staff.username} may log in again."


def _is_oneself(staff: StaffUser) -> bool:
    return current().actor == f"staff:{staff.username}"


def _refuse_oneself(staff: StaffUser) -> None:
    if _is_oneself(staff):
        raise StaffInvalid("Nobody changes their own access.")


class AssignmentInline(TabularInline):
    model = StaffAssignment
    fields = ("merchant", "created_at")
    readonly_fields = ("merchant", "created_at")
    ordering = ("id",)
    extra = 0
    hide_title = True
    verbose_name_plural = "merchants"

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffAssignment]:
        return super().get_queryset(request).select_related("merchant")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission


@admin.register(StaffUser)
class StaffUserAdmin(SimpleHistoryAdmin, BackOfficeAdmin):
    list_display = ("username", "full_name", "roles", "merchant_count", "state", "last_seen")
    search_fields = ("username", "email", "last_name")
    list_filter = (fixed_filter("is_active", [("True", "Active"), ("False", "Switched off")], title="state"),)
    fields = ("username", "full_name", "email", "roles", "state", "timezone", "last_seen", "joined")
    inlines = (AssignmentInline,)
    action_views: ClassVar = [AssignStaff, SwitchOffStaff, SwitchOnStaff]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # People are the platform's, not a merchant's: whoever may see people sees all of them.
        return StaffUser.objects.prefetch_related("groups", "assignments")

    @admin.display(description="name")
    def full_name(self, staff: StaffUser) -> str:
        return staff.get_full_name() or "–"

    @admin.display(description="role")
    def roles(self, staff: StaffUser) -> str:
        named = [group.name for group in staff.groups.all()]
        return ", ".join([*named, *(["superuser"] if staff.is_superuser else [])]) or "none"

    @admin.display(description="merchants")
    def merchant_count(self, staff: StaffUser) -> str:
        return "all" if staff.is_superuser else str(len(staff.assignments.all()))

    @admin.display(description="state")
    def state(self, staff: StaffUser) -> str:
        return badge("Active", "good") if staff.is_active else badge("Switched off", "bad")

    @admin.display(description="last login")
    def last_seen(self, staff: StaffUser) -> str:
        return instant(staff.last_login)

    @admin.display(description="joined")
    def joined(self, staff: StaffUser) -> str:
        return instant(staff.date_joined)
