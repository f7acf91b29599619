"""Bodies of `multipart/form-data`, as an upload of a file comes: text parts and files."""

import re
from dataclasses import dataclass, field
from typing import Any

from .form import FormUnreadable

MAX_PARTS = 100
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Upload:
    filename: str
    content_type: str
    content: bytes = field(repr=False)


def is_multipart(content_type: str) -> bool:
    return content_type.lower().startswith("multipart/form-data")


def parse_multipart(body: bytes, content_type: str) -> dict[str, Any]:
    """Text parts as strings, files as `Upload`. Raises FormUnreadable."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise FormUnreadable("The multipart body has no boundary")
    pieces = (b"\r\n" + body).split(b"\r\n--" + found[1].strip().encode())
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise FormUnreadable("The multipart body does not end")
    if len(pieces) > MAX_PARTS:
        raise FormUnreadable("The multipart body has too many parts")
    return dict(_part(piece) for piece in pieces[1:-1])


def _part(piece: bytes) -> tuple[str, Any]:
    head, separator, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    lines = head.decode("utf-8", "replace").split("\r\n")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    given = dict(_PARAMETER.findall(headers.get("content-disposition", "")))
    if not separator or "name" not in given:
        raise FormUnreadable("A part of the multipart body has no name")
    if "filename" not in given:
        return given["name"], content.decode("utf-8", "replace")
    return given["name"], Upload(
        given["filename"], headers.get("content-type", "application/octet-stream"), content
    )
