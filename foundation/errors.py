"""Domain errors: a fact with a stable code, and the one register of all codes.

Every app names its refusals in its own errors.py as subclasses of DomainError. The API turns them into the
error contract (foundation/http), the admin into form errors. Nothing internal ever goes into a message.
"""

from __future__ import annotations

from typing import Any, ClassVar


class DomainError(Exception):
    """A refusal that its caller can understand and act on.

    Class attributes
        code: stable and unique over the whole project; documented at its doc_url.
        http_status: what the API answers.
        error_type: Stripe's four words: api_error, card_error, idempotency_error, invalid_request_error.
        message: the default sentence; a more exact one may be given when raising.
    """

    code: ClassVar[str] = ""
    http_status: ClassVar[int] = 400
    error_type: ClassVar[str] = "invalid_request_error"
    message: ClassVar[str] = ""

    registry: ClassVar[dict[str, type[DomainError]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "code" not in cls.__dict__:
            return
        known = DomainError.registry.setdefault(cls.code, cls)
        if known is not cls and known.__qualname__ != cls.__qualname__:
            raise TypeError(f"Error code {cls.code} is claimed by {known.__name__} and {cls.__name__}.")

    def __init__(self, message: str | None = None, *, param: str | None = None, **details: Any) -> None:
        """message: a sentence for the caller. param: the offending parameter's name in the request.
        details: further fields of the error body (decline_code, payment_intent, …), JSON-ready."""
        self.text = message or self.message
        self.param = param
        self.details = details
        super().__init__(self.text)


class ParameterInvalid(DomainError):
    code = "parameter_invalid"
    message = "A parameter has a value that is not accepted."


class ParameterMissing(DomainError):
    code = "parameter_missing"
    message = "A required parameter is missing."


class ParameterUnknown(DomainError):
    code = "parameter_unknown"
    message = "The request carries a parameter that this endpoint does not know."


class ResourceMissing(DomainError):
    """Also for another tenant's objects: absent and foreign ids answer with the same bytes."""

    code = "resource_missing"
    http_status = 404
    message = "No such object."


class LockTimeout(DomainError):
    code = "lock_timeout"
    http_status = 409
    message = "The object is being changed by another request. Try again in a moment."
