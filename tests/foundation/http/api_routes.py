"""Routes for the tests of the API's frame: the site's own, and views small enough to see through."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import include, path, re_path
from rest_framework.request import Request

from foundation import ids
from foundation.errors import DomainError
from foundation.http import routes
from foundation.http.serializers import (
    AmountField,
    ArrayField,
    BooleanField,
    CurrencyField,
    InputSerializer,
    IntegerField,
    ListInput,
    MetadataField,
    StringField,
    merge_metadata,
)
from foundation.http.views import ApiView
from foundation.tenancy.models import ApiKey


class WidgetDeclined(DomainError):
    code = "test_widget_declined"
    http_status = 402
    error_type = "card_error"
    message = "The widget was declined."


class CardInput(InputSerializer):
    exp_month = IntegerField(min_value=1, max_value=12)
    name = StringField(required=False, allow_null=True)


class WidgetInput(InputSerializer):
    amount = AmountField()
    currency = CurrencyField()
    description = StringField(required=False, allow_null=True, max_length=200)
    capture = BooleanField(required=False, default=True)
    card = CardInput(required=False)
    items = ArrayField(child=CardInput(), required=False, max_length=3)
    metadata = MetadataField()


class Widgets(ApiView):
    """`outcome` is a switch for the tests: what happens after the parameters are accepted."""

    scope = "widgets"
    executions: list[dict[str, Any]] = []
    outcome: Any = None

    def post(self, request: Request) -> HttpResponse:
        params = self.input(WidgetInput)
        type(self).executions.append(
            {"reserved_id": self.reserved_id, "is_resumed": self.is_resumed, **params}
        )
        if callable(self.outcome):
            self.outcome()
        return self.respond(
            {
                "id": ids.encode_id("wid", self.reserved_id),
                "object": "widget",
                "amount": params["amount"],
                "description": params.get("description"),
                "metadata": merge_metadata({}, params.get("metadata", {})),
                "execution": len(self.executions),
            }
        )

    def get(self, request: Request) -> HttpResponse:
        params = self.input(ListInput)
        keys = ApiKey.objects.for_merchant(self.merchant_id)
        return self.respond_list(
            keys,
            params,
            prefix="key",
            kind="key",
            to_shape=lambda key: {"id": key.public_id, "object": "key"},
        )


class Widget(ApiView):
    scope = "widgets"

    def get(self, request: Request, widget_id: str) -> HttpResponse:
        self.input()
        return self.respond({"id": widget_id, "object": "widget", "part": "part_1"})

    def delete(self, request: Request, widget_id: str) -> HttpResponse:
        self.input()
        Widgets.executions.append({"deleted": widget_id})
        return self.respond({"id": widget_id, "object": "widget", "deleted": True})


class Broken(ApiView):
    scope = "widgets"

    def get(self, request: Request) -> HttpResponse:
        raise ZeroDivisionError("the secret reason")


def broken_plain_view(request: Any) -> HttpResponse:
    raise ZeroDivisionError("the secret reason")


urlpatterns = [
    path("v1/widgets", Widgets.as_view()),
    path("v1/widgets/<str:widget_id>", Widget.as_view()),
    path("v1/broken", Broken.as_view()),
    path("v1/broken_plain", broken_plain_view),
    path("v1/", include("foundation.tenancy.api")),
    re_path(r"^v1(?:/.*)?$", routes.unknown_route),
    path("", include("payments_site.urls")),
]

handler400 = "foundation.http.routes.bad_request"
handler403 = "foundation.http.routes.permission_denied"
handler404 = "foundation.http.routes.page_not_found"
handler500 = "foundation.http.routes.server_error"
