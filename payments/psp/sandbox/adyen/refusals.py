"""Adyen's error body, and one constructor for each refusal the face gives.

Source: https://docs.adyen.com/development-resources/error-codes, read 2026-11.
"""

from ..books import Body


class Refusal(Exception):
    """The request is answered with an error; nothing was booked, and its key may be used again."""

    def __init__(
        self, status: int, code: str, message: str, *, kind: str = "validation", is_transient: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.is_transient = is_transient
        self.body: Body = {"status": status, "errorCode": code, "message": message, "errorType": kind}


def unauthorized() -> Refusal:
    return Refusal(401, "000", "HTTP Status Response - Unauthorized", kind="security")


def missing(name: str) -> Refusal:
    return Refusal(422, "130", f"Required field '{name}' is not provided.")


def invalid(message: str, code: str = "702") -> Refusal:
    return Refusal(422, code, message)


def invalid_amount() -> Refusal:
    return Refusal(422, "137", "Invalid amount specified")


def unknown_currency() -> Refusal:
    return Refusal(422, "138", "Unsupported currency specified")


def unreadable_card() -> Refusal:
    return Refusal(422, "174", "Unable to decrypt data")


def missing_token() -> Refusal:
    return Refusal(422, "803", "PaymentDetail not found")


def missing_original() -> Refusal:
    return Refusal(422, "167", "Original pspReference required for this operation")


def unknown_path(method: str, path: str) -> Refusal:
    return Refusal(404, "000", f"No resource {method} {path}", kind="validation")


def key_in_flight() -> Refusal:
    return Refusal(422, "704", "request already processed or in progress", is_transient=True)


def rate_limited() -> Refusal:
    return Refusal(429, "029", "Too many requests", kind="security", is_transient=True)


def server_error(status: int) -> Refusal:
    return Refusal(status, "905", "Internal error", kind="internal")
