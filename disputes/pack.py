"""The evidence pack: one PDF with the claim, our answer, the facts and a list of what is attached. Pure, byte-stable.

The same facts give the same bytes on any day and machine, so that the hash kept with a submission proves what was
sent. Files that were uploaded travel beside it, unchanged; the pack names them with their hashes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

MARGIN = 20 * mm
_BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=10, leading=14, alignment=TA_LEFT)
_SMALL = ParagraphStyle("small", parent=_BODY, fontSize=8, leading=11)
_HEAD = ParagraphStyle(
    "head", parent=_BODY, fontName="Helvetica-Bold", fontSize=12, leading=16, spaceBefore=10
)
_TITLE = ParagraphStyle("title", parent=_BODY, fontName="Helvetica-Bold", fontSize=16, leading=22)


@dataclass(frozen=True, slots=True)
class Attachment:
    """field: Stripe's name of it. pages and sha256 of the file as it is sent."""

    field: str
    filename: str
    pages: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PackFacts:
    """facts: (name, value) rows of the dispute and the charge. texts: (heading, text) in the order of the pack."""

    title: str
    claim: str
    facts: Sequence[tuple[str, str]]
    texts: Sequence[tuple[str, str]]
    attachments: Sequence[Attachment]


def write_pack(told: PackFacts) -> bytes:
    """The PDF. Text outside Latin-1 is shown with question marks: the built-in fonts know no more."""
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=told.title,
        author="",
        invariant=1,
    )
    document.build(_flow(told), onFirstPage=_number, onLaterPages=_number)
    return buffer.getvalue()


def _flow(told: PackFacts) -> list[Flowable]:
    flow: list[Flowable] = [_paragraph(told.title, _TITLE), _paragraph(told.claim), Spacer(1, 4 * mm)]
    flow.append(_rows(told.facts))
    for heading, text in told.texts:
        flow.append(_paragraph(heading, _HEAD))
        flow += [_paragraph(part) for part in text.splitlines() if part.strip()]
    if told.attachments:
        flow.append(_paragraph("Attached", _HEAD))
        flow.append(
            _rows(
                [
                    (
                        one.field.replace("_", " ").capitalize(),
                        f"{one.filename}, {one.pages} p., SHA-256 {one.sha256}",
                    )
                    for one in told.attachments
                ]
            )
        )
    return flow


def _rows(rows: Sequence[tuple[str, str]]) -> Table:
    cells = [[_paragraph(name, _SMALL), _paragraph(value, _SMALL)] for name, value in rows]
    width = A4[0] - 2 * MARGIN
    table = Table(cells or [["", ""]], colWidths=[width * 3 / 10, width * 7 / 10])
    table.setStyle(
        TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 1 / 4, "#999999")])
    )
    return table


def _paragraph(text: str, style: ParagraphStyle = _BODY) -> Paragraph:
    return Paragraph(escape(text.encode("latin-1", "replace").decode("latin-1")), style)


def _number(canvas: Canvas, document: SimpleDocTemplate) -> None:
    canvas.setFont("Helvetica", 8)
    canvas.drawRightString(A4[0] - MARGIN, MARGIN / 2, f"Page {document.page}")
