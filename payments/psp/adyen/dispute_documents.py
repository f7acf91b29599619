"""Our evidence as Adyen takes it: one document for each type, a PDF or a JPEG within its limits. Pure, byte-stable.

Adyen has no fields for texts. They travel as the letter: our pack where it goes along, else a plain sheet of them. The
letter leads the main document, and every file that no other document is about follows it there, so nothing is left
behind. Limits: docs.adyen.com/risk-management/understanding-disputes/dispute-reason-codes, read 2026-11.
"""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate

from payments.psp.adyen.dispute_defenses import ALTERNATIVE, EVIDENCE_OF, REQUIRED, Defense
from payments.psp.disputes import EvidenceRequest, EvidenceUpload

PDF, JPEG = "application/pdf", "image/jpeg"
MEGABYTE = 1024 * 1024
MOST_BYTES = {PDF: 2 * MEGABYTE, JPEG: 10 * MEGABYTE}
MOST_PAGES_MASTERCARD, MOST_PAGES_INQUIRY = 19, 4
PACK_FIELD = "uncategorized_file"
MARGIN = 20 * mm
_BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=10, leading=14)
_HEAD = ParagraphStyle(
    "head", parent=_BODY, fontName="Helvetica-Bold", fontSize=12, leading=16, spaceBefore=10
)


# What pypdf and Pillow raise for a file that is torn.
UNREADABLE = (
    *(PyPdfError, OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, RecursionError),
    *(zlib.error, struct.error),
)


class DocumentsRefused(ValueError):
    """Adyen would not take them; the message is for people. code: one stable word."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Document:
    type_code: str
    content_type: str
    content: bytes = field(repr=False)

    def as_adyen(self) -> dict[str, Any]:
        return {
            "defenseDocumentTypeCode": self.type_code,
            "contentType": self.content_type,
            "content": base64.b64encode(self.content).decode(),
        }


def documents_for(defense: Defense, request: EvidenceRequest) -> list[Document]:
    """In the order of Adyen's types. Raises DocumentsRefused."""
    main = defense.main_type
    assert main is not None, "a defense without documents is not chosen"
    letter, files = _letter_and_files(request)
    own = {one.code: _own_files(one.code, files) for one in defense.types}
    placed = {name for code, names in own.items() if code != main.code for name in names}
    documents = []
    for one in defense.types:
        if one.code == main.code:
            names = [name for name in sorted(files) if name in own[one.code] or name not in placed]
            parts = [*letter, *(files[name] for name in names)]
        elif own[one.code]:
            parts = [files[name] for name in own[one.code]]
        elif one.level in (REQUIRED, ALTERNATIVE):
            parts = letter or list(files.values())
        else:
            continue
        documents.append(_document(one.code, parts, _most_pages(request)))
    return documents


def _most_pages(request: EvidenceRequest) -> int | None:
    """Of one document; None where there is no such limit."""
    if request.is_inquiry:
        return MOST_PAGES_INQUIRY
    return MOST_PAGES_MASTERCARD if request.network_reason_code.startswith("48") else None


def _letter_and_files(request: EvidenceRequest) -> tuple[list[EvidenceUpload], dict[str, EvidenceUpload]]:
    files = dict(request.files)
    if request.has_pack and PACK_FIELD in files:
        return [files.pop(PACK_FIELD)], files
    if not request.texts:
        return [], files
    return [EvidenceUpload(filename="letter.pdf", content_type=PDF, content=_sheet(request.texts))], files


def _own_files(type_code: str, files: Mapping[str, EvidenceUpload]) -> list[str]:
    return [name for name in EVIDENCE_OF.get(type_code, ()) if name in files]


def _document(type_code: str, parts: list[EvidenceUpload], most_pages: int | None) -> Document:
    (first, *more) = parts
    if not more and first.content_type in MOST_BYTES:
        content_type, content = first.content_type, first.content
    else:
        content_type, content = PDF, _joined(parts)
    names = ", ".join(one.filename for one in parts)
    if len(content) > MOST_BYTES[content_type]:
        raise DocumentsRefused(
            "evidence_too_large",
            f"The document {type_code} has {len(content)} bytes ({names}); Adyen takes {MOST_BYTES[content_type]}.",
        )
    if most_pages and content_type == PDF and (pages := len(_read(content, names).pages)) > most_pages:
        raise DocumentsRefused(
            "evidence_too_many_pages",
            f"The document {type_code} has {pages} pages ({names}); the network takes {most_pages}.",
        )
    return Document(type_code, content_type, content)


def _joined(parts: list[EvidenceUpload]) -> bytes:
    """One PDF: PDFs page by page, each picture on a page of its own."""
    writer = PdfWriter()
    for part in parts:
        content = part.content if part.content_type == PDF else _picture_page(part)
        try:
            writer.append(_read(content, part.filename), import_outline=False)
        except UNREADABLE as error:
            raise _unreadable(part.filename) from error
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def _read(content: bytes, name: str) -> PdfReader:
    try:
        return PdfReader(io.BytesIO(content))
    except UNREADABLE as error:
        raise _unreadable(name) from error


def _unreadable(name: str) -> DocumentsRefused:
    return DocumentsRefused(
        "evidence_unreadable", f"{name} can not be read, or not put into one PDF with the rest."
    )


def _picture_page(part: EvidenceUpload) -> bytes:
    """The picture as large as the page allows, never enlarged."""
    try:
        picture = ImageReader(io.BytesIO(part.content))
    except UNREADABLE as error:
        raise _unreadable(part.filename) from error
    width, height = picture.getSize()
    room = (A4[0] - 2 * MARGIN, A4[1] - 2 * MARGIN)
    scale = min(1, room[0] / width, room[1] / height)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    top = A4[1] - MARGIN - height * scale
    canvas.drawImage(picture, MARGIN, top, width * scale, height * scale)
    canvas.save()
    return buffer.getvalue()


def _sheet(texts: Mapping[str, str]) -> bytes:
    """The texts under their names. Text outside Latin-1 is shown with question marks, as in the pack."""
    flow: list[Flowable] = []
    for name, text in texts.items():
        flow.append(_paragraph(name.replace("_", " ").capitalize(), _HEAD))
        flow += [_paragraph(line, _BODY) for line in text.splitlines() if line.strip()]
    buffer = io.BytesIO()
    SimpleDocTemplate(buffer, pagesize=A4, title="Evidence", author="", invariant=1).build(flow)
    return buffer.getvalue()


def _paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(text.encode("latin-1", "replace").decode("latin-1")), style)
