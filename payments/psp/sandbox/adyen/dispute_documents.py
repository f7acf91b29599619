"""Documents of a defense as they come: base64 in JSON, checked by form and size, and their text for the verdict."""

import base64
import binascii
import hashlib
import re
import zlib
from dataclasses import dataclass, field

# Source: https://docs.adyen.com/risk-management/understanding-disputes/dispute-reason-codes, read 2026-11.
_MEGABYTE = 1024 * 1024
_LIMITS = {
    "application/pdf": 2 * _MEGABYTE,
    "image/jpg": 10 * _MEGABYTE,
    "image/jpeg": 10 * _MEGABYTE,
    "image/tiff": 10 * _MEGABYTE,
}
_HEADS = {
    "application/pdf": (b"%PDF-",),
    "image/jpg": (b"\xff\xd8\xff",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/tiff": (b"II*\x00", b"MM\x00*"),
}
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)


class DocumentRefused(ValueError):
    """The message is Adyen's answer."""


@dataclass(frozen=True, slots=True)
class Document:
    content_type: str
    content: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def text(self) -> str:
        """Of a PDF, as far as its fonts are plain."""
        if self.content_type != "application/pdf":
            return ""
        parts = [_inflated(raw) for raw in _STREAM.findall(self.content)]
        return b" ".join([self.content, *parts]).decode("latin-1")


def read_document(content_type: object, content: object) -> Document:
    """Raises DocumentRefused."""
    if not isinstance(content_type, str) or content_type not in _LIMITS:
        raise DocumentRefused("Invalid content type.")
    try:
        raw = base64.b64decode(content if isinstance(content, str) else "", validate=True)
    except (binascii.Error, ValueError) as error:
        raise DocumentRefused("Invalid document content.") from error
    if not raw.startswith(_HEADS[content_type]):
        raise DocumentRefused("Invalid document content.")
    if len(raw) > _LIMITS[content_type]:
        raise DocumentRefused("Document size exceeds the maximum.")
    return Document(content_type, raw)


def _inflated(raw: bytes) -> bytes:
    """A stream's content: deflated, in base 85 or not; nothing where it is packed otherwise."""
    for packed in (raw, _from_base_85(raw)):
        try:
            return zlib.decompressobj().decompress(packed)
        except zlib.error:
            continue
    return b""


def _from_base_85(raw: bytes) -> bytes:
    try:
        return base64.a85decode(raw.strip().removesuffix(b"~>"))
    except ValueError:
        return b""
