"""Actions of the back office: a GET shows a form and changes nothing, a POST calls one operation.

unfold's own actions run on GET; these do not. The page works without JavaScript; with it, back_office.js shows
the same form in a dialog and turns the button off when it is pressed.
"""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters

from foundation.backoffice.forms import ActionForm
from foundation.context import acting
from foundation.errors import DomainError

DIALOG_HEADER = "X-Back-Office-Dialog"


@method_decorator(sensitive_post_parameters(), name="dispatch")
class ActionView(View):
    """One action on one row. Subclasses say what it is called, who may do it and which operation does it.

    verb: last part of the address. permission: "app.codename". tone: "primary" or "danger". has_dialog: off for
    what needs a page of its own.
    perform() calls the operation and returns the sentence shown afterwards; DomainError becomes a form error.
    """

    verb: ClassVar[str]
    label: ClassVar[str]
    permission: ClassVar[str]
    tone: ClassVar[str] = "primary"
    form_class: ClassVar[type[ActionForm]] = ActionForm
    template_name: ClassVar[str] = "admin/back_office/action.html"
    has_dialog: ClassVar[bool] = True
    model_admin: Any = None

    def perform(self, obj: Any, answers: dict[str, Any]) -> str:
        """Call the operation with the form's cleaned answers. Returns a sentence for the person."""
        raise NotImplementedError

    @classmethod
    def applies(cls, obj: Any) -> bool:
        """Whether the button belongs on this row's page at all; one that is merely off says why in refusal()."""
        return True

    @classmethod
    def refusal(cls, obj: Any) -> str:
        """Why the action is off for this row, in a sentence; empty when it is on. The operation decides again."""
        return ""

    def explanation(self, obj: Any) -> str:
        """What will happen, in a sentence or two above the form."""
        return ""

    def form_arguments(self, obj: Any) -> dict[str, Any]:
        """Further arguments of the form's constructor."""
        return {}

    def page_context(self, obj: Any) -> dict[str, Any]:
        """Further variables of the template."""
        return {}

    def reason_of(self, answers: dict[str, Any]) -> str:
        """Why the person acts, for the history and the audit trail."""
        return str(answers.get("reason", ""))

    def get(self, request: HttpRequest, object_id: str) -> HttpResponse:
        obj = self._permitted_object(request, object_id)
        return self._page(request, obj, self.form_class(**self.form_arguments(obj)))

    def post(self, request: HttpRequest, object_id: str) -> HttpResponse:
        obj = self._permitted_object(request, object_id)
        form = self.form_class(request.POST, **self.form_arguments(obj))
        if not form.is_valid():
            return self._page(request, obj, form)
        try:
            with acting(merchant_id=_merchant_of(obj), reason=self.reason_of(form.cleaned_data)):
                done = self.perform(obj, form.cleaned_data)
        except DomainError as error:
            form.add_error(_field_of(form, error), error.text)
            return self._page(request, obj, form)
        messages.success(request, done)
        return self._answer_done(request, self.after(obj))

    def after(self, obj: Any) -> str:
        """Where the person goes next: the row's own page."""
        options = self.model_admin.opts
        return reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[obj.pk])

    def _permitted_object(self, request: HttpRequest, object_id: str) -> Model:
        # The object first: another merchant's row answers like one that does not exist.
        obj = self.model_admin.get_object(request, object_id)
        if obj is None:
            raise Http404(f"No such {self.model_admin.opts.verbose_name}.")
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        return obj

    def _page(self, request: HttpRequest, obj: Any, form: ActionForm) -> HttpResponse:
        in_dialog = DIALOG_HEADER in request.headers
        context = {
            **self.model_admin.admin_site.each_context(request),
            "title": self.label,
            "subtitle": str(obj),
            "opts": self.model_admin.opts,
            "original": obj,
            "form": form,
            "action": self,
            "explanation": self.explanation(obj),
            "refusal": self.refusal(obj),
            "cancel_url": self.after(obj),
            "action_base": "admin/back_office/dialog.html" if in_dialog else "admin/back_office/page.html",
            **self.page_context(obj),
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, self.template_name, context, status=status)

    @staticmethod
    def _answer_done(request: HttpRequest, url: str) -> HttpResponse:
        if DIALOG_HEADER in request.headers:
            # A fetch would follow a redirect by itself; the page must move, not the dialog.
            return HttpResponse(status=204, headers={"Back-Office-Location": url})
        return redirect(url)


def _merchant_of(obj: Any) -> UUID | None:
    return getattr(obj, "merchant_id", None)


def _field_of(form: ActionForm, error: DomainError) -> str | None:
    return error.param if error.param in form.fields else None
