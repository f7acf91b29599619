"""The invoice as a PDF, of the same bytes whenever it is made: no clock, no random ids, our own fonts.

DejaVu Sans covers Latin, Greek and Cyrillic; a sign that it lacks is printed as a box.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from subscriptions.hosted.document import Document, DocumentLine

FONTS = Path(__file__).parent / "fonts"
INK, MUTED, RULE = HexColor("#1f2937"), HexColor("#4b5563"), HexColor("#d1d5db")
MARGIN = 20 * mm
PADDING = 6
"""Of platypus' frame, inside the margins."""
WIDTH = A4[0] - 2 * MARGIN - 2 * PADDING
LINE_COLUMNS = (WIDTH - 116 * mm, 52 * mm, 24 * mm, 40 * mm)


def render_pdf(document: Document) -> bytes:
    """The whole document; line tables repeat their head on every page."""
    _register_fonts()
    file = BytesIO()
    template = SimpleDocTemplate(
        file,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=f"Invoice {document.number}",
        author=document.seller[0] if document.seller else "",
        # Without it, the file carries its time and a random id.
        invariant=1,
    )
    story = [
        *_head(document),
        _parties(document),
        Spacer(0, 8 * mm),
        _lines(document.lines),
        Spacer(0, 4 * mm),
        _totals(document),
        *_notes(document),
    ]
    foot = _foot(document)
    template.build(story, onFirstPage=foot, onLaterPages=foot)
    return file.getvalue()


@cache
def _register_fonts() -> None:
    for name in ("DejaVuSans", "DejaVuSans-Bold"):
        registerFont(TTFont(name, FONTS / f"{name}.ttf"))


def _style(*, bold: bool = False, size: int = 9, right: bool = False, color: Any = INK) -> ParagraphStyle:
    return ParagraphStyle(
        name=f"{bold}-{size}-{right}-{color}",
        fontName="DejaVuSans-Bold" if bold else "DejaVuSans",
        fontSize=size,
        leading=size + 4,
        textColor=color,
        **({"alignment": TA_RIGHT} if right else {}),
    )


def _text(words: str, **style: Any) -> Paragraph:
    return Paragraph(escape(words), _style(**style))


def _head(document: Document) -> list[Any]:
    title = "Void invoice" if document.is_void else "Invoice"
    facts = Table(
        [[_text(label, color=MUTED), _text(value)] for label, value in document.facts],
        colWidths=[30 * mm, WIDTH - 30 * mm],
        style=_PLAIN,
        hAlign="LEFT",
    )
    state = _text(document.status, bold=True, size=10, color=MUTED)
    return [
        _text(title, bold=True, size=20),
        Spacer(0, 2 * mm),
        state,
        Spacer(0, 4 * mm),
        facts,
        Spacer(0, 8 * mm),
    ]


def _parties(document: Document) -> Table:
    def party(label: str, lines: list[str]) -> list[Paragraph]:
        return [_text(label, color=MUTED), *(_text(line, bold=not i) for i, line in enumerate(lines))]

    row = [party("From", document.seller), party("To", document.customer)]
    return Table([row], colWidths=[WIDTH / 2, WIDTH / 2], style=_PLAIN)


def _lines(lines: list[DocumentLine]) -> Table:
    head = [
        _text("Description", color=MUTED),
        _text("Time", color=MUTED),
        _text("Quantity", color=MUTED, right=True),
        _text("Amount", color=MUTED, right=True),
    ]
    rows: list[list[Any]] = [head]
    for line in lines:
        under = [_text(line.discount, size=8, color=MUTED, right=True)] if line.discount else []
        rows.append(
            [
                _text(line.description),
                _text(line.period, size=8),
                _text(line.quantity, right=True),
                [_text(line.amount, right=True), *under],
            ]
        )
    return Table(rows, colWidths=LINE_COLUMNS, style=_RULED, repeatRows=1)


def _totals(document: Document) -> Table:
    rows = [
        ["", _text(label, bold=strong), _text(amount, bold=strong, right=True)]
        for label, amount, strong in document.totals
    ]
    return Table(rows, colWidths=[WIDTH - 110 * mm, 70 * mm, 40 * mm], style=_PLAIN)


def _notes(document: Document) -> list[Any]:
    return [part for note in document.notes for part in (Spacer(0, 4 * mm), _text(note, color=MUTED))]


def _foot(document: Document) -> Any:
    def draw(canvas: Any, template: Any) -> None:
        canvas.saveState()
        canvas.setFont("DejaVuSans", 8)
        canvas.setFillColor(MUTED)
        canvas.drawString(MARGIN + PADDING, 12 * mm, f"Invoice {document.number}")
        canvas.drawRightString(A4[0] - MARGIN - PADDING, 12 * mm, f"Page {template.page}")
        canvas.restoreState()

    return draw


_PLAIN = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 1),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
    ]
)
_RULED = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
        ("LINEBELOW", (0, 0), (-1, -1), 1, RULE),
    ]
)
