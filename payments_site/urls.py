"""Every address of the site: the API under /v1, its documentation, health, and the pages for people."""

from django.urls import include, path, re_path
from django.views.generic import TemplateView

from foundation.http import docs, routes
from payments.psp_webhooks.returns import PspReturnView
from payments.psp_webhooks.views import PspWebhookView

urlpatterns = [
    path("v1/openapi.json", docs.openapi_document, name="openapi_document"),
    path("v1/", include("foundation.tenancy.api")),
    path("v1/", include("foundation.events.api")),
    path("v1/", include("foundation.webhooks.api")),
    path("v1/", include("subscriptions.api.urls")),
    path("v1/", include("payments.api.urls")),
    path("v1/", include("disputes.api.urls")),
    path("v1/", include("ledger.api.urls")),
    path("v1/", include("ledger.reconciliation.api")),
    re_path(r"^v1(?:/.*)?$", routes.unknown_route),
    path("psp/webhooks/<str:account>/", PspWebhookView.as_view(), name="psp_webhook"),
    path("psp/returns/<str:action>/", PspReturnView.as_view(), name="psp_return"),
    path("", include("subscriptions.hosted.urls")),
    path("returned", TemplateView.as_view(template_name="public/returned.html"), name="returned"),
    path("docs/api", docs.api_reference, name="docs_api"),
    path("docs/errors", docs.error_index, name="docs_errors"),
    path("docs/errors/<str:code>", docs.error_page, name="docs_error"),
    path("", include("foundation.observability.urls")),
    path("", include("payments_site.admin_urls")),
]

handler400 = "foundation.http.routes.bad_request"
handler403 = "foundation.http.routes.permission_denied"
handler404 = "foundation.http.routes.page_not_found"
handler500 = "foundation.http.routes.server_error"
