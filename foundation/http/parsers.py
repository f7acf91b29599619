"""Request parameters from bytes: form encoding with brackets, JSON, query strings, uploads.

What lives here: shape, counts, characters, card numbers. What a parameter may hold is decided by the input
serializers. Every refusal is a DomainError; nothing a client sends raises anything else.

Form values are strings. `a[b]=` nests, `a[]=` appends, `a[0]=` … makes a list where the numbers run from 0 (a
list that remembers it was indexed, since metadata may use numbers as names), an empty value stays "".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

from django.core.files.uploadedfile import UploadedFile
from rest_framework.parsers import BaseParser

from foundation.errors import ParameterInvalid
from foundation.http.errors import (
    BodyMalformed,
    ContentTypeUnsupported,
    PanRefused,
    ParameterDuplicate,
    RequestTooComplex,
)
from foundation.http.pan import SHORTEST, find_pan

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
MULTIPART = "multipart/form-data"

MAX_DEPTH = 8
MAX_KEYS = 1_000
MAX_KEY_LENGTH = 500
MAX_NUMBER_LENGTH = 64

Parameters = dict[str, Any]

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_SEGMENT = re.compile(r"\[([^\[\]]*)\]")
# NUL, which PostgreSQL cannot store, and halves of surrogate pairs, which are no characters.
_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")


class IndexedList(list[Any]):
    """A list that was written `a[0]=…&a[1]=…`."""


class FormOrJsonParser(BaseParser):
    """The one DRF parser; ApiView calls parse_body itself, so that idempotency sees the same parameters."""

    media_type = "*/*"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Parameters:
        return parse_body(media_type or "", stream.read())


def parse_body(content_type: str, body: bytes) -> Parameters:
    """Parameters of a body. An empty one has none, whatever its type.

    Raises: ContentTypeUnsupported, BodyMalformed, RequestTooComplex, ParameterDuplicate, ParameterInvalid,
    PanRefused.
    """
    if not body:
        return {}
    kind, charset = split_content_type(content_type)
    if charset not in ("", "utf-8", "utf8"):
        raise ContentTypeUnsupported(f"The charset {charset[:20]!r} is not supported; send UTF-8.")
    if kind == FORM:
        parameters = parse_form(_text(body))
    elif kind == JSON:
        parameters = parse_json(_text(body))
    else:
        raise ContentTypeUnsupported()
    refuse_pan(parameters)
    return parameters


def parse_query(query_string: str) -> Parameters:
    """Parameters of a URL's query string, with the same rules as a form body."""
    if not query_string:
        return {}
    try:
        # WSGI hands over bytes dressed as latin-1.
        text = query_string.encode("latin-1").decode()
    except UnicodeError:
        raise BodyMalformed("The URL holds bytes that are not valid UTF-8.") from None
    parameters = parse_form(text)
    refuse_pan(parameters)
    return parameters


def merge(query: Parameters, body: Parameters) -> Parameters:
    """Parameters of the URL and of the body together. Raises ParameterDuplicate for a name in both."""
    if not query:
        return body
    for name in query.keys() & body.keys():
        raise ParameterDuplicate(f"{name} is given in the URL and in the body.", param=name)
    return {**query, **body}


def split_content_type(content_type: str) -> tuple[str, str]:
    """`application/json; charset=UTF-8` to ("application/json", "utf-8")."""
    kind, _, rest = content_type.partition(";")
    charset = ""
    for part in rest.split(";"):
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return kind.strip().lower(), charset


def parse_json(text: str) -> Parameters:
    """A JSON object. Numbers with a fraction become Decimal: no float ever comes near money."""
    members = 0

    def unique(pairs: list[tuple[str, Any]]) -> Parameters:
        nonlocal members
        members += len(pairs)
        found: Parameters = {}
        for name, value in pairs:
            if name in found:
                raise ParameterDuplicate(f"{name[:100]} is given twice.", param=name[:100])
            found[name] = value
        return found

    try:
        parsed = json.loads(
            text, object_pairs_hook=unique, parse_int=_whole, parse_float=_fraction, parse_constant=_no_number
        )
    except (ValueError, RecursionError):
        raise BodyMalformed("The request body is not valid JSON.") from None
    if not isinstance(parsed, dict):
        raise BodyMalformed("The request body must be a JSON object.")
    if members > MAX_KEYS:
        raise RequestTooComplex(f"A request has at most {MAX_KEYS} parameters.")
    _check_json(parsed)
    return parsed


def parse_form(text: str) -> Parameters:
    """Form encoding with brackets, as Stripe's client libraries write it."""
    pairs = [part for part in text.split("&") if part]
    if len(pairs) > MAX_KEYS:
        raise RequestTooComplex(f"A request has at most {MAX_KEYS} parameters.")
    return parse_pairs(_decoded(part) for part in pairs)


def parse_upload(pairs: list[tuple[str, Any]]) -> Parameters:
    """Parameters of a multipart body: decoded names, values that are strings or uploaded files."""
    if len(pairs) > MAX_KEYS:
        raise RequestTooComplex(f"A request has at most {MAX_KEYS} parameters.")
    for name, value in pairs:
        _refuse_forbidden(name)
        _refuse_forbidden(value if isinstance(value, str) else value.name or "")
    parameters = parse_pairs(pairs)
    refuse_pan(parameters)
    return parameters


def parse_pairs(pairs: Iterable[tuple[str, Any]]) -> Parameters:
    """Decoded names with brackets and their values, nested. Values other than strings are kept as they
    are.
    """
    root: Parameters = {}
    for name, value in pairs:
        _insert(root, _path_of(name), value, name)
    return {name: _with_lists(value) for name, value in root.items()}


def refuse_pan(value: Any) -> None:
    """Raises PanRefused when a name or a value anywhere inside is a card number."""
    if isinstance(value, str):
        if len(value) >= SHORTEST and find_pan(value):
            raise PanRefused()
    elif isinstance(value, dict):
        for name, inner in value.items():
            refuse_pan(name)
            refuse_pan(inner)
    elif isinstance(value, list):
        for inner in value:
            refuse_pan(inner)
    elif isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        refuse_pan(str(value))
    elif isinstance(value, UploadedFile):
        refuse_pan(value.name or "")


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise BodyMalformed("The request body is not valid UTF-8.") from None


def _decoded(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return _unquoted(name), _unquoted(value)


def _unquoted(text: str) -> str:
    if "%" in text or "+" in text:
        try:
            text = unquote_to_bytes(text.replace("+", " ")).decode()
        except UnicodeDecodeError:
            raise BodyMalformed("The request holds bytes that are not valid UTF-8.") from None
    _refuse_forbidden(text)
    return text


def _refuse_forbidden(text: str) -> None:
    if _FORBIDDEN.search(text):
        raise BodyMalformed("The request holds a character that cannot be stored, such as NUL.")


def _path_of(name: str) -> list[str]:
    if len(name) > MAX_KEY_LENGTH:
        raise RequestTooComplex(f"A parameter's name has at most {MAX_KEY_LENGTH} characters.")
    match = _KEY.fullmatch(name)
    if match is None:
        raise ParameterInvalid(f"{name[:100]!r} is not a parameter name.", param=name[:100])
    path = [match[1], *_SEGMENT.findall(match[2])]
    if len(path) > MAX_DEPTH:
        raise RequestTooComplex(f"Parameters nest at most {MAX_DEPTH} deep.")
    return path


def _insert(root: Parameters, path: list[str], value: Any, name: str) -> None:
    container: Any = root
    for position, segment in enumerate(path):
        rest = path[position + 1 :]
        if isinstance(container, list):
            if segment:
                raise _mixed(name)
            container = _append(container, rest, value, name)
        else:
            if segment == "":
                raise _mixed(name)
            container = _enter(container, segment, rest, value, name)
        if not rest:
            return


def _enter(container: Parameters, segment: str, rest: list[str], value: Any, name: str) -> Any:
    if not rest:
        if segment in container:
            raise ParameterDuplicate(f"{name[:100]} is given twice.", param=name[:100])
        container[segment] = value
        return None
    inner = container.setdefault(segment, [] if rest[0] == "" else {})
    if not isinstance(inner, (dict, list)) or isinstance(inner, list) != (rest[0] == ""):
        raise _mixed(name)
    return inner


def _append(container: list[Any], rest: list[str], value: Any, name: str) -> Any:
    if not rest:
        container.append(value)
        return None
    if rest[0] == "":
        raise ParameterInvalid(f"{name[:100]} nests one list in another.", param=name[:100])
    # a[][x]=1&a[][y]=2 is one element; a name seen again begins the next.
    last = container[-1] if container else None
    if not isinstance(last, dict) or _holds(last, rest):
        if last is not None and not isinstance(last, dict):
            raise _mixed(name)
        last = {}
        container.append(last)
    return last


def _holds(container: Any, path: list[str]) -> bool:
    for segment in path:
        if segment == "" or not isinstance(container, dict) or segment not in container:
            return False
        container = container[segment]
    return True


def _mixed(name: str) -> ParameterInvalid:
    return ParameterInvalid(f"{name[:100]} is used both as a value and as a structure.", param=name[:100])


def _with_lists(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_lists(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    inner_values = {name: _with_lists(inner) for name, inner in value.items()}
    indexes = [str(index) for index in range(len(inner_values))]
    if inner_values and inner_values.keys() == set(indexes):
        return IndexedList(inner_values[index] for index in indexes)
    return inner_values


def _check_json(value: Any, depth: int = 0, seen: list[int] | None = None) -> None:
    seen = seen if seen is not None else [0]
    if isinstance(value, str):
        _refuse_forbidden(value)
        return
    if not isinstance(value, (dict, list)):
        return
    if depth >= MAX_DEPTH:
        raise RequestTooComplex(f"Parameters nest at most {MAX_DEPTH} deep.")
    seen[0] += len(value)
    if seen[0] > MAX_KEYS:
        raise RequestTooComplex(f"A request has at most {MAX_KEYS} parameters.")
    if isinstance(value, dict):
        for name, inner in value.items():
            if len(name) > MAX_KEY_LENGTH:
                raise RequestTooComplex(f"A parameter's name has at most {MAX_KEY_LENGTH} characters.")
            _refuse_forbidden(name)
            _check_json(inner, depth + 1, seen)
    else:
        for inner in value:
            _check_json(inner, depth + 1, seen)


def _whole(digits: str) -> int:
    if len(digits) > MAX_NUMBER_LENGTH:
        raise BodyMalformed("The request body holds a number that is too long.")
    return int(digits)


def _fraction(digits: str) -> Decimal:
    if len(digits) > MAX_NUMBER_LENGTH:
        raise BodyMalformed("The request body holds a number that is too long.")
    number = Decimal(digits)
    if not number.is_finite() or abs(number.adjusted()) > MAX_NUMBER_LENGTH:
        raise BodyMalformed("The request body holds a number that is out of range.")
    return number


def _no_number(name: str) -> NoReturn:
    raise BodyMalformed(f"{name} is not a JSON number.")
