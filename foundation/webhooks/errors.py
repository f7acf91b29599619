"""What the management of webhook endpoints refuses."""

from __future__ import annotations

from foundation.errors import DomainError
from foundation.http.errors import UrlInvalid


class WebhookUrlInvalid(UrlInvalid):
    message = "Not a valid URL. Webhook endpoints must be https:// URLs without user name and fragment."


class WebhookUrlNotPublic(DomainError):
    code = "url_not_public"
    message = "The URL must be publicly accessible: its host has no address, or one in a private network."


class EnabledEventsInvalid(DomainError):
    code = "enabled_events_invalid"
    message = 'Give at least one event type such as payment_intent.succeeded, or "*" for all.'


class TooManyWebhookEndpoints(DomainError):
    code = "webhook_endpoints_limit"
    message = "A merchant has at most 16 webhook endpoints. Delete one first."


class WebhookVersionUnknown(DomainError):
    code = "api_version_unknown"
    message = "This API version is not served."
