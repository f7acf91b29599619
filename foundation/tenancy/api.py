"""/v1/account: the merchant of the key."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import path
from rest_framework.request import Request

from foundation.http.openapi import endpoint
from foundation.http.views import ApiView
from foundation.tenancy.shapes import account_shape


class AccountView(ApiView):
    scope = "account"

    @endpoint("Retrieve the account of the key", returns="account")
    def get(self, request: Request) -> HttpResponse:
        self.input()
        return self.respond(account_shape(self.request.merchant))


urlpatterns = [path("account", AccountView.as_view())]
