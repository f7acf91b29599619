"""Webhook endpoints as Stripe's API has them. The secret is shown once, in the answer to the creation."""

from ..books import Body
from .call import Call
from .lists import list_page
from .refusals import invalid, missing_param


def create(call: Call) -> Body:
    url = call.required_text("url")
    if not url.startswith(("http://", "https://")):
        raise invalid(
            "Invalid URL: An explicit scheme (such as https) must be provided.",
            code="url_invalid",
            param="url",
        )
    events = call.strings("enabled_events")
    if not events:
        raise missing_param("enabled_events")
    record = call.mailbox.register(call.account, url, None, events, call.now)
    record.body["description"] = call.text("description")
    record.body["metadata"] = call.metadata()
    call.save(record)
    return record.body | {"secret": record.private["secret"]}


def retrieve(call: Call, endpoint_id: str) -> Body:
    return call.find("webhook_endpoints", endpoint_id).body


def update(call: Call, endpoint_id: str) -> Body:
    record = call.find("webhook_endpoints", endpoint_id)
    if call.text("url"):
        record.body["url"] = call.text("url")
    events = call.strings("enabled_events")
    if events:
        record.body["enabled_events"] = events
    if "disabled" in call.params:
        record.body["status"] = "disabled" if call.flag("disabled") else "enabled"
    if "description" in call.params:
        record.body["description"] = call.text("description")
    call.save(record)
    call.mailbox.reload()
    return record.body


def delete(call: Call, endpoint_id: str) -> Body:
    call.books.delete(call.find("webhook_endpoints", endpoint_id))
    call.mailbox.reload()
    return {"id": endpoint_id, "object": "webhook_endpoint", "deleted": True}


def list_all(call: Call) -> Body:
    return list_page(call, "webhook_endpoints", "/v1/webhook_endpoints")
