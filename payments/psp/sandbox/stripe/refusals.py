"""Stripe's error envelope, and one constructor for each refusal the face gives."""

from typing import Any

from ..books import Body

DOCS = "https://stripe.com/docs/error-codes/"


class Refusal(Exception):
    """The request is answered with an error.

    `is_remembered` follows Stripe: an answer is kept under its idempotency key only once the endpoint has
    begun to execute, so requests refused for their parameters may be corrected and sent again under the same
    key. `is_booked` marks the one kind that does change something: a decline, whose failed charge stays in
    the books.
    """

    def __init__(
        self, status: int, error: Body, *, is_remembered: bool = False, is_booked: bool = False
    ) -> None:
        super().__init__(error.get("message"))
        self.status = status
        self.error = error
        self.is_remembered = is_remembered
        self.is_booked = is_booked


def error_body(
    error_type: str, message: str, *, code: str | None = None, param: str | None = None, **extra: Any
) -> Body:
    error: Body = {}
    if code:
        error["code"] = code
        error["doc_url"] = DOCS + code.replace("_", "-")
    error["message"] = message
    if param:
        error["param"] = param
    error.update({name: value for name, value in extra.items() if value is not None})
    error["type"] = error_type
    return error


def invalid(
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    status: int = 400,
    is_remembered: bool = False,
    **extra: Any,
) -> Refusal:
    body = error_body("invalid_request_error", message, code=code, param=param, **extra)
    return Refusal(status, body, is_remembered=is_remembered)


def missing_object(noun: str, object_id: str, param: str) -> Refusal:
    return invalid(f"No such {noun}: '{object_id}'", code="resource_missing", param=param, status=404)


def missing_param(param: str) -> Refusal:
    return invalid(f"Missing required param: {param}.", code="parameter_missing", param=param)


def unknown_param(param: str) -> Refusal:
    return invalid(f"Received unknown parameter: {param}", code="parameter_unknown", param=param)


def unexpected_state(
    message: str, *, code: str = "payment_intent_unexpected_state", **objects: Any
) -> Refusal:
    """The object is not in a state that allows this; remembered, since it was looked up and judged."""
    return invalid(message, code=code, is_remembered=True, **objects)


def dispute_not_answerable(message: str) -> Refusal:
    """Stripe has no code for it, only the sentence."""
    return invalid(message, is_remembered=True)


def no_key() -> Refusal:
    return invalid(
        "You did not provide an API key. You need to provide your API key in the Authorization header, using "
        "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        status=401,
    )


def wrong_key(key: str) -> Refusal:
    shown = key[:8] + "*" * 8 + key[-4:] if len(key) > 16 else "*" * len(key)
    return invalid(f"Invalid API Key provided: {shown}", status=401)


def unknown_url(method: str, path: str) -> Refusal:
    return invalid(
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at "
        "https://support.stripe.com/.",
        status=404,
    )


def key_used_with_other_params(key: str) -> Refusal:
    message = (
        "Keys for idempotent requests can only be used with the same parameters they were first used with. "
        f"Try using a key other than '{key}' if you meant to execute a different request."
    )
    return Refusal(400, error_body("idempotency_error", message))


def key_used_elsewhere(key: str, first: str, now: str) -> Refusal:
    message = (
        "Keys for idempotent requests can only be used for the same endpoint they were first used for "
        f"('{now}' vs '{first}'). Try using a key other than '{key}' if you meant to execute a different "
        "request."
    )
    return Refusal(400, error_body("idempotency_error", message))


def key_in_use(key: str) -> Refusal:
    message = (
        "There is currently another in-progress request using this Idempotent Key (that probably means you "
        f"submitted twice, and the other request is still going through): {key}. Please try again later."
    )
    return Refusal(409, error_body("idempotency_error", message, code="idempotency_key_in_use"))


def rate_limited() -> Refusal:
    message = (
        "Request rate limit exceeded. You can learn more about rate limits here "
        "https://stripe.com/docs/rate-limits."
    )
    return invalid(message, code="rate_limit", status=429)


def server_error(status: int) -> Refusal:
    return Refusal(status, error_body("api_error", "An unknown error occurred"))
