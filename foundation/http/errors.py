"""What a request itself can be refused for, before any business is asked: form, route, version, size, card
data.

The codes are Stripe's where Stripe documents one. Refusals of the business live in each app's errors.py.
"""

from __future__ import annotations

from foundation.errors import DomainError


class InvalidParameter(DomainError):
    """A parameter's value breaks the rule of its field; subclasses say which."""


class ParameterEmpty(InvalidParameter):
    code = "parameter_invalid_empty"
    message = "An empty value unsets a parameter, and this one cannot be unset."


class ParameterNotInteger(InvalidParameter):
    code = "parameter_invalid_integer"
    message = "The parameter must be a whole number within its range."


class ParameterNotDecimal(InvalidParameter):
    code = "parameter_invalid_decimal"
    message = "The parameter must be a decimal number within its range."


class ParameterNotString(InvalidParameter):
    code = "parameter_invalid_string"
    message = "The parameter must be a string within its length."


class ParameterBlank(InvalidParameter):
    code = "parameter_invalid_string_blank"
    message = "The parameter may not consist of white space only."


class ParameterNotBoolean(InvalidParameter):
    code = "parameter_invalid_boolean"
    message = "The parameter must be true or false."


class ParameterNotEnum(InvalidParameter):
    code = "parameter_invalid_enum"
    message = "The parameter must be one of its documented values."


class ParameterNotArray(InvalidParameter):
    code = "parameter_invalid_array"
    message = "The parameter must be an array within its length."


class ParameterNotHash(InvalidParameter):
    code = "parameter_invalid_hash"
    message = "The parameter must be an object with named fields."


class ParameterDuplicate(InvalidParameter):
    code = "parameter_duplicate"
    message = "A parameter is given more than once."


class ParametersExclusive(InvalidParameter):
    code = "parameters_exclusive"
    message = "Two or more mutually exclusive parameters were given."


class TimestampInvalid(InvalidParameter):
    code = "parameter_invalid_timestamp"
    message = "The parameter must be a Unix timestamp in seconds."


class AmountTooLarge(InvalidParameter):
    code = "amount_too_large"
    message = "The amount is greater than the largest one accepted."


class CurrencyInvalid(InvalidParameter):
    code = "currency_invalid"
    message = "The currency is not a three-letter ISO 4217 code that we support."


class CountryInvalid(InvalidParameter):
    code = "country_code_invalid"
    message = "The country is not a two-letter ISO 3166-1 code."


class EmailInvalid(InvalidParameter):
    code = "email_invalid"
    message = "The email address is not valid."


class UrlInvalid(InvalidParameter):
    code = "url_invalid"
    message = "The URL is not valid."


class MetadataInvalid(InvalidParameter):
    code = "metadata_invalid"
    message = "Metadata holds at most 50 keys of 40 characters with values of 500 characters."


class SearchQueryInvalid(InvalidParameter):
    code = "search_query_invalid"
    message = "The search query cannot be read."


class PanRefused(DomainError):
    code = "pan_refused"
    message = (
        "The request carries what looks like a full card number. Card numbers are never accepted here: "
        "collect them with your payment provider and send us the token. Nothing was stored."
    )


class BodyMalformed(DomainError):
    code = "request_body_malformed"
    message = "The request body cannot be read."


class RequestTooLarge(DomainError):
    code = "request_too_large"
    message = "The request body is larger than accepted."


class RequestTooComplex(DomainError):
    code = "request_too_complex"
    message = "The request has too many parameters, or nests them too deeply."


class ContentTypeUnsupported(DomainError):
    code = "content_type_unsupported"
    http_status = 415
    message = "Send application/x-www-form-urlencoded or application/json, in UTF-8."


class UnknownRoute(DomainError):
    code = "unknown_route"
    http_status = 404
    message = "Unrecognized request URL."


class MethodNotAllowed(DomainError):
    code = "method_not_allowed"
    http_status = 405
    message = "The URL exists, but not with this method."


class RequestRefused(DomainError):
    """What the framework refuses before a view is reached: a bad host, a broken connection, a forged
    header.
    """

    code = "request_refused"
    message = "The request is not acceptable."


class ApiVersionUnsupported(DomainError):
    code = "api_version_unsupported"
    message = "The Stripe-Version is not one that is served."


class RateLimited(DomainError):
    code = "rate_limit"
    http_status = 429
    message = "Too many requests with this key. Slow down and try again."


class InternalError(DomainError):
    code = "internal_error"
    http_status = 500
    error_type = "api_error"
    message = "Something went wrong on our side. The request id tells us what."


class ServiceUnavailable(DomainError):
    """The request had no lasting effect, or one that a repeat with the same key finds again."""

    code = "service_unavailable"
    http_status = 503
    error_type = "api_error"
    message = "We cannot answer right now. Repeat the request with the same Idempotency-Key in a moment."
