"""Customers: who owns the cards that are kept."""

from ..books import Body
from . import shapes
from .call import Call
from .lists import conditions_of, newest, page_of
from .payment_methods import attach, attach_by_request, resolve
from .search import search as search_objects

PLAIN = ("description", "email", "name", "phone")


def create(call: Call) -> Body:
    metadata = {key: value for key, value in call.metadata().items() if value != ""}
    body = shapes.customer(call.timestamp, call.params, metadata)
    call.create("customers", body)
    call.announce("customer.created", body)
    if call.text("payment_method"):
        call.params["customer"] = body["id"]
        attach_by_request(call, call.required_text("payment_method"))
    return body


def retrieve(call: Call, customer_id: str) -> Body:
    record = call.books.find("customers", call.account, customer_id)
    if record and record.body.get("deleted"):
        return _deleted(customer_id)
    return call.find("customers", customer_id).body


def update(call: Call, customer_id: str) -> Body:
    record = call.find("customers", customer_id)
    for name in PLAIN:
        if name in call.params:
            record.body[name] = call.text(name)
    if "address" in call.params:
        record.body["address"] = shapes.address(call.mapping("address"))
    if "shipping" in call.params:
        record.body["shipping"] = shapes.shipping(call.mapping("shipping"))
    preferred = call.mapping("invoice_settings").get("default_payment_method")
    if preferred:
        record.body["invoice_settings"]["default_payment_method"] = call.find("payment_methods", preferred).id
    call.books.update_metadata(record, call.metadata())
    call.save(record)
    call.announce("customer.updated", record.body)
    return record.body


def delete(call: Call, customer_id: str) -> Body:
    record = call.find("customers", customer_id)
    for method in newest(call, "payment_methods", "customer = ?", customer_id):
        method.body["customer"] = None
        method.private["spent"] = True
        call.save(method)
    call.announce("customer.deleted", record.body)
    record.body["deleted"] = True
    call.save(record)
    return _deleted(customer_id)


def list_all(call: Call) -> Body:
    conditions, values = conditions_of(call, "customers", ("email",))
    return page_of(call, "customers", "/v1/customers", [*conditions, "deleted IS NULL"], values)


def search(call: Call) -> Body:
    return search_objects(call, "customers", "/v1/customers/search")


def retrieve_method(call: Call, customer_id: str, method_id: str) -> Body:
    call.find("customers", customer_id)
    record = resolve(call, method_id)
    if record.body["customer"] is None and method_id.startswith("pm_card_"):
        attach(call, record, customer_id)
    return call.find("payment_methods", record.id).body


def _deleted(customer_id: str) -> Body:
    return {"id": customer_id, "object": "customer", "deleted": True}
