"""Uploads are what their bytes say."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from pypdf import PdfWriter

from disputes.errors import EvidenceFileRefused, EvidenceTooLarge
from disputes.models import EvidenceFile
from disputes.operations.upload_file import upload_file
from disputes.pack import PackFacts, write_pack
from foundation.errors import DomainError
from foundation.ids import new_id
from tests.factories.shop import Shop


def pdf(pages: int = 1) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "content_type", "pages"),
    [(pdf(3), "application/pdf", 3), (picture("PNG"), "image/png", 1), (picture("JPEG"), "image/jpeg", 1)],
)
def test_pdf_and_pictures_are_kept_as_they_came(
    shop: Shop, data: bytes, content_type: str, pages: int
) -> None:
    file = upload_file(merchant_id=shop.id, file_id=new_id(), filename="receipt.txt", data=data)

    kept = EvidenceFile.objects.for_merchant(shop.id).get(pk=file.pk)
    assert (kept.content_type, kept.page_count, kept.size) == (content_type, pages, len(data))
    assert bytes(kept.content) == data


def _with_card_number() -> bytes:
    return write_pack(PackFacts("Receipt", "Card 4242 4242 4242 4242", [], [], []))


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"PK\x03\x04 a .docx named .pdf", EvidenceFileRefused),
        (b"%PDF-1.7 and nothing behind it", EvidenceFileRefused),
        (b"\x89PNG\r\n\x1a\n broken", EvidenceFileRefused),
        (b"", EvidenceFileRefused),
        (pdf() + b" " * 4_600_000, EvidenceTooLarge),
        (pdf(50), EvidenceTooLarge),
        (_with_card_number(), DomainError),
    ],
)
def test_case_g17_refused_upload_leaves_nothing(shop: Shop, data: bytes, refusal: type[DomainError]) -> None:
    with pytest.raises(refusal):
        upload_file(merchant_id=shop.id, file_id=new_id(), filename="receipt.pdf", data=data)

    assert not EvidenceFile.objects.for_merchant(shop.id).exists()


def test_same_file_id_twice_is_one_file(shop: Shop) -> None:
    file_id = new_id()

    first = upload_file(merchant_id=shop.id, file_id=file_id, filename="a.pdf", data=pdf())
    second = upload_file(merchant_id=shop.id, file_id=file_id, filename="a.pdf", data=pdf())

    assert first.pk == second.pk
    assert EvidenceFile.objects.for_merchant(shop.id).count() == 1
