"""What an uploaded file is, by its bytes: PDF, JPEG or PNG, its pages, the text in it. Pure.

A name proves nothing: a .docx renamed to .pdf is refused here, before anybody at a bank tries to open it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image
from pypdf import PdfReader

PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
TYPES = {PDF: "pdf", JPEG: "jpg", PNG: "png"}
MAX_PIXELS = 60_000_000
_BEGINNINGS = {b"%PDF-": PDF, b"\xff\xd8\xff": JPEG, b"\x89PNG\r\n\x1a\n": PNG}


class ContentRefused(ValueError):
    """The bytes are none of what the networks take. The text says why, to people."""


@dataclass(frozen=True, slots=True)
class Content:
    """text: what can be read in a PDF, for the detector of card numbers; empty for a picture."""

    content_type: str
    page_count: int
    text: str


def read_content(data: bytes) -> Content:
    """Raises ContentRefused for any other kind of file, and for one that is broken or locked."""
    kind = next((kind for start, kind in _BEGINNINGS.items() if data.startswith(start)), None)
    if kind is None:
        raise ContentRefused("The file is no PDF, JPEG or PNG.")
    return _read_pdf(data) if kind == PDF else _read_picture(data, kind)


def _read_pdf(data: bytes) -> Content:
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            raise ContentRefused("The PDF is locked by a password.")
        return Content(PDF, len(reader.pages), "\n".join(page.extract_text() for page in reader.pages))
    except ContentRefused:
        raise
    except Exception as error:
        # Whatever a parser may trip over, a bank's would as well.
        raise ContentRefused("The PDF can not be read.") from error


def _read_picture(data: bytes, kind: str) -> Content:
    try:
        with Image.open(io.BytesIO(data), formats=["PNG" if kind == PNG else "JPEG"]) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise ContentRefused("The picture is too large to be opened.")
            picture.load()
    except ContentRefused:
        raise
    except Exception as error:
        raise ContentRefused("The picture can not be read.") from error
    return Content(kind, 1, "")
