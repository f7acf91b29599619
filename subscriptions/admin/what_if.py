"""Change plan or seats: what it would come to, now beside at the period's end; then that very preview is committed.

The GET form asks and changes nothing. A commit carries the token of the column it stands under: what was shown is done
to the cent, or refused because something has changed since.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from foundation.backoffice.display import instant
from foundation.backoffice.forms import ReasonedForm
from foundation.backoffice.views import ActionView
from foundation.errors import DomainError
from subscriptions.admin.what_if_columns import (
    ChangeTerms,
    Column,
    column_at_end,
    column_now,
    end_token,
)
from subscriptions.admin.words import price_words
from subscriptions.errors import PreviewStale
from subscriptions.models import CollectionMethod, Price, Subscription, SubscriptionItem
from subscriptions.operations.change_subscription import UpdatePayment, change_subscription
from subscriptions.operations.create_schedule import create_schedule
from subscriptions.queries.catalogue import list_prices
from subscriptions.queries.subscriptions import find_open_schedule, list_items
from subscriptions.steps.item_changes import ItemChange
from subscriptions.steps.pin_change import CHANGEABLE
from subscriptions.steps.plan_phases import NewPhase, phase_items_after
from subscriptions.steps.restarts import Anchor

PRICES_OFFERED = 200
MAX_SEATS = 1_000_000
DEFAULT_PAYMENT = "pending_if_incomplete"
BEHAVIORS = [
    ("always_invoice", "Bill the difference at once"),
    ("create_prorations", "Put the difference on the next invoice"),
    ("none", "No difference for this period"),
]
ANCHORS = [
    ("", "Stays; another interval begins a new period now"),
    ("now", "Now: a new period begins and is billed"),
    ("unchanged", "Stays, over a change of interval too"),
]
PAYMENTS = [
    ("pending_if_incomplete", "Changes when it is paid, within 23 hours"),
    ("error_if_incomplete", "Changes only if it is paid at once"),
    ("allow_incomplete", "Changes anyway; unpaid, it is past due"),
]


class ChoiceForm(forms.Form):
    """What the items become. Fields per item: price_N, quantity_N, gone_N; price_new and quantity_new add one."""

    behavior = forms.ChoiceField(
        label="Difference for the running period", choices=BEHAVIORS, widget=UnfoldAdminSelectWidget
    )
    anchor = forms.ChoiceField(
        label="Billing day", choices=ANCHORS, required=False, widget=UnfoldAdminSelectWidget
    )
    payment = forms.ChoiceField(
        label="If something is to be paid now",
        choices=PAYMENTS,
        required=False,
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, data: Any, *, items: list[SubscriptionItem], prices: list[Price]) -> None:
        super().__init__(data)
        self.items, self.prices = items, {str(price.id): price for price in prices}
        for number, item in enumerate(items, start=1):
            self._add_item(number, item)
        if set(self.prices) - {str(item.price_id) for item in items}:
            self.fields["price_new"] = _price_field(
                "Add", [("", "Nothing"), *self._choices()], required=False
            )
            self.fields["quantity_new"] = _quantity_field("How many of it", required=False)
        last = ("behavior", "anchor", "payment")
        self.order_fields([*(name for name in self.fields if name not in last), *last])

    def _add_item(self, number: int, item: SubscriptionItem) -> None:
        # An archived price may stay, though nothing new is sold at it.
        choices = dict(self._choices()) | {str(item.price_id): price_words(item.price)}
        self.fields[f"price_{number}"] = _price_field(
            f"Item {number}", list(choices.items()), initial=str(item.price_id)
        )
        if not item.price.is_metered:
            self.fields[f"quantity_{number}"] = _quantity_field(
                f"How many of item {number}", initial=item.quantity
            )
        if len(self.items) > 1:
            self.fields[f"gone_{number}"] = forms.BooleanField(
                label=f"Remove item {number}", required=False, widget=UnfoldBooleanSwitchWidget
            )

    def _choices(self) -> list[tuple[str, str]]:
        return [(key, price_words(price)) for key, price in self.prices.items()]

    def terms(self, subscription: Subscription) -> ChangeTerms:
        """Of a valid form, with what nobody said as it is best for the subscription."""
        answers = self.cleaned_data
        payment = answers["payment"] or DEFAULT_PAYMENT
        if subscription.collection_method != CollectionMethod.CHARGE_AUTOMATICALLY:
            # A sent invoice is paid later by its nature: the change does not wait for it.
            payment = UpdatePayment.ALLOW_INCOMPLETE.value
        return ChangeTerms(answers["behavior"], answers["anchor"] or None, UpdatePayment(payment))

    def changes(self) -> list[ItemChange]:
        """Of a valid form."""
        answers, found = self.cleaned_data, []
        for number, item in enumerate(self.items, start=1):
            if answers.get(f"gone_{number}"):
                found.append(ItemChange(item_id=item.id, is_removed=True))
                continue
            price_id = _uuid_of(answers[f"price_{number}"], self.prices, item)
            quantity = answers.get(f"quantity_{number}")
            if (price_id, quantity) != (item.price_id, item.quantity):
                found.append(ItemChange(item_id=item.id, price_id=price_id, quantity=quantity))
        added = self.prices.get(answers.get("price_new") or "")
        if added is not None:
            quantity = None if added.is_metered else answers.get("quantity_new") or 1
            found.append(ItemChange(price_id=added.id, quantity=quantity))
        return found


class CommitForm(ReasonedForm):
    token = forms.CharField(widget=forms.HiddenInput)
    when = forms.ChoiceField(choices=[("now", "Now"), ("at_end", "At the end")], widget=forms.HiddenInput)
    choices = forms.CharField(widget=forms.HiddenInput)


class ChangeItems(ActionView):
    verb = "change_items"
    label = "Change plan or seats"
    permission = "subscriptions.change_billing"
    has_dialog: ClassVar[bool] = False
    form_class = CommitForm
    template_name = "admin/subscriptions/subscription/change_items.html"

    @classmethod
    def applies(cls, subscription: Subscription) -> bool:
        return subscription.is_live

    @classmethod
    def refusal(cls, subscription: Subscription) -> str:
        if subscription.status not in CHANGEABLE:
            return "Its items change while it is in trial, active or past due."
        return ""

    def get(self, request: HttpRequest, object_id: str) -> HttpResponse:
        subscription: Any = self._permitted_object(request, object_id)
        return self._show(request, subscription, request.GET)

    def perform(self, subscription: Subscription, answers: dict[str, Any]) -> str:
        form = _choice_form(subscription, QueryDict(answers["choices"]))
        if not form.is_valid():
            raise PreviewStale()
        changes, terms = form.changes(), form.terms(subscription)
        if answers["when"] == "now":
            changed = change_subscription(
                merchant_id=subscription.merchant_id,
                subscription_id=subscription.id,
                change_id=answers["form_key"],
                changes=changes,
                proration_behavior=terms.behavior,
                payment_behavior=terms.payment,
                anchor=terms.anchor,
                preview_token=answers["token"],
                in_background=terms.payment == UpdatePayment.PENDING_IF_INCOMPLETE,
            )
            if changed.pending_update is not None:
                return "The change is made when it is paid; the charge is on its way, reload in a moment."
            return "The change is made, just as it was shown."
        if end_token(subscription, changes) != answers["token"]:
            raise PreviewStale()
        create_schedule(
            merchant_id=subscription.merchant_id,
            schedule_id=answers["form_key"],
            subscription_id=subscription.id,
            phases=[NewPhase(items=phase_items_after(form.items, changes), proration_behavior="none")],
            may_exist=True,
        )
        return "The change is planned for the end of the period."

    def _page(self, request: HttpRequest, obj: Any, form: Any) -> HttpResponse:
        """A refused commit: the choices once more, previewed anew, and why it was refused."""
        choices = QueryDict(form.data.get("choices", ""))
        return self._show(request, obj, choices, refused=form)

    def _show(
        self, request: HttpRequest, subscription: Subscription, choices: QueryDict, refused: Any = None
    ) -> HttpResponse:
        form = _choice_form(subscription, choices if "behavior" in choices else None)
        columns: list[Column] = []
        problem = self.refusal(subscription)
        if not problem and form.is_bound and form.is_valid():
            columns, problem = self._preview(subscription, form)
        context = {
            **self.model_admin.admin_site.each_context(request),
            "title": self.label,
            "subtitle": str(subscription),
            "opts": self.model_admin.opts,
            "original": subscription,
            "choice_form": form,
            "columns": columns,
            "commits": [
                CommitForm(
                    initial={"token": column.token, "when": column.when, "choices": choices.urlencode()}
                )
                for column in columns
            ],
            "problem": problem,
            "errors": [error for errors in (refused.errors.values() if refused else []) for error in errors],
            "period_end": instant(subscription.current_period_end_at),
            "cancel_url": self.after(subscription),
        }
        context["pairs"] = list(zip(columns, context["commits"], strict=True))
        return TemplateResponse(request, self.template_name, context, status=422 if refused else 200)

    def _preview(self, subscription: Subscription, form: ChoiceForm) -> tuple[list[Column], str]:
        changes, terms = form.changes(), form.terms(subscription)
        if not changes and terms.anchor != Anchor.NOW:
            return [], "Nothing is changed."
        try:
            now = column_now(subscription, changes, terms)
            end = column_at_end(subscription, changes) if changes else None
        except DomainError as error:
            return [], error.text
        if end is not None and find_open_schedule(subscription) is not None:
            end.refusal = "A change is planned for then already."
        return ([now, end] if end is not None else [now]), ""


def _choice_form(subscription: Subscription, data: Any) -> ChoiceForm:
    prices = (
        list_prices(merchant_id=subscription.merchant_id)
        .filter(
            is_active=True,
            product__is_active=True,
            currency=subscription.currency,
        )
        .exclude(interval="")
    )
    offered = prices.select_related("product").order_by("product__name", "id")[:PRICES_OFFERED]
    return ChoiceForm(data, items=list_items(subscription), prices=list(offered))


def _uuid_of(text: str, prices: dict[str, Price], item: SubscriptionItem) -> Any:
    return prices[text].id if text in prices else item.price_id


def _price_field(label: str, choices: list[tuple[str, str]], **kwargs: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, widget=UnfoldAdminSelectWidget, **kwargs)


def _quantity_field(label: str, **kwargs: Any) -> forms.IntegerField:
    widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric", "autocomplete": "off"})
    return forms.IntegerField(label=label, min_value=0, max_value=MAX_SEATS, widget=widget, **kwargs)
