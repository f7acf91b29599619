"""Our evidence as documents of Adyen's types: nothing is left behind, nothing is beyond its limits."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfReader

from payments.psp.adyen.dispute_defenses import Defense, DocumentType
from payments.psp.adyen.dispute_documents import MEGABYTE, DocumentsRefused, documents_for
from payments.psp.adyen.dispute_transport import disputes_url
from payments.psp.disputes import EvidenceRequest, EvidenceUpload
from tests.factories.dispute_desk import pdf

MATERIAL = Defense(
    "SupplyDefenseMaterial",
    (DocumentType("DefenseMaterial", "Required"), DocumentType("TIDorInvoice", "Optional")),
)
RECEIVED = Defense(
    "MerchandiseReceived",
    (
        DocumentType("DateMerchandiseShipped", "Required"),
        DocumentType("ProofOfGoodsOrServicesProvided", "Required"),
    ),
)


def request(**changes: Any) -> EvidenceRequest:
    given: dict[str, Any] = {
        "psp_key": "dor_1",
        "psp_reference": "D1",
        "texts": {"uncategorized_text": "We <sent> it.\n\nTwice.", "shipping_date": "2026-11-02"},
    }
    return EvidenceRequest(**{**given, **changes})


def a_pdf(pages: int = 1, name: str = "a.pdf") -> EvidenceUpload:
    return EvidenceUpload(filename=name, content_type="application/pdf", content=pdf(pages))


def picture(form: str = "PNG", size: tuple[int, int] = (60, 40)) -> EvidenceUpload:
    buffer = io.BytesIO()
    Image.new("RGB", size, "red").save(buffer, form)
    kind = {"PNG": "image/png", "JPEG": "image/jpeg"}[form]
    return EvidenceUpload(filename=f"a.{form.lower()}", content_type=kind, content=buffer.getvalue())


def pages(content: bytes) -> int:
    return len(PdfReader(io.BytesIO(content)).pages)


def test_texts_alone_are_one_letter() -> None:
    (document,) = documents_for(MATERIAL, request())

    assert (document.type_code, document.content_type) == ("DefenseMaterial", "application/pdf")
    text = PdfReader(io.BytesIO(document.content)).pages[0].extract_text()
    assert "Uncategorized text\nWe <sent> it.\nTwice.\nShipping date\n2026-11-02" in text


def test_pack_goes_instead_of_a_letter_and_leads_the_files_that_no_type_is_about() -> None:
    files = {
        "uncategorized_file": a_pdf(2, "pack.pdf"),
        "customer_communication": picture(),
        "receipt": a_pdf(),
    }

    documents = documents_for(MATERIAL, request(files=files, has_pack=True))

    assert [one.type_code for one in documents] == ["DefenseMaterial", "TIDorInvoice"]
    assert [pages(one.content) for one in documents] == [3, 1]
    assert documents[1].content == files["receipt"].content


def test_somebodys_own_file_in_the_packs_place_is_a_file_like_any_other() -> None:
    (document,) = documents_for(MATERIAL, request(files={"uncategorized_file": a_pdf(3)}))

    assert pages(document.content) == 1 + 3


def test_type_that_is_owed_gets_its_own_file_or_the_letter() -> None:
    shipped = {"shipping_documentation": picture("JPEG")}

    with_file = documents_for(RECEIVED, request(files=shipped))
    without = documents_for(RECEIVED, request())

    assert [one.content_type for one in with_file] == ["application/pdf", "image/jpeg"]
    assert with_file[1].content == shipped["shipping_documentation"].content
    assert without[0].content == without[1].content


def test_picture_that_adyen_does_not_know_becomes_a_page() -> None:
    only = Defense("SupplyDefenseMaterial", MATERIAL.types[:1])

    (document,) = documents_for(only, request(texts={}, files={"receipt": picture(size=(4_000, 100))}))

    assert (document.content_type, pages(document.content)) == ("application/pdf", 1)


def test_the_same_evidence_is_the_same_bytes() -> None:
    asked = request(files={"uncategorized_file": a_pdf(2), "receipt": picture()}, has_pack=True)

    assert documents_for(RECEIVED, asked) == documents_for(RECEIVED, replace(asked))


@pytest.mark.parametrize(
    ("upload", "code"),
    [
        (
            EvidenceUpload(
                filename="large.pdf", content_type="application/pdf", content=b"%PDF-" + b"0" * 2 * MEGABYTE
            ),
            "evidence_too_large",
        ),
        (
            EvidenceUpload(filename="torn.pdf", content_type="application/pdf", content=b"%PDF-1.7 torn"),
            "evidence_unreadable",
        ),
    ],
    ids=["too large", "torn"],
)
def test_what_adyen_would_not_take_is_refused_with_its_name(upload: EvidenceUpload, code: str) -> None:
    texts = {} if code == "evidence_too_large" else {"uncategorized_text": "Ours."}
    only = Defense("SupplyDefenseMaterial", MATERIAL.types[:1])

    with pytest.raises(DocumentsRefused) as refused:
        documents_for(only, request(texts=texts, files={"receipt": upload}))

    assert refused.value.code == code
    assert upload.filename in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "most"), [({"is_inquiry": True}, 4), ({"network_reason_code": "4853"}, 19)], ids=str
)
def test_pages_beyond_what_the_network_takes_are_refused(changes: dict[str, Any], most: int) -> None:
    only = Defense("SupplyDefenseMaterial", MATERIAL.types[:1])

    (taken,) = documents_for(only, request(texts={}, files={"receipt": a_pdf(most)}, **changes))
    with pytest.raises(DocumentsRefused) as refused:
        documents_for(only, request(files={"receipt": a_pdf(most)}, **changes))

    assert pages(taken.content) == most
    assert refused.value.code == "evidence_too_many_pages"


def test_document_is_told_in_base_64_under_its_type() -> None:
    (document,) = documents_for(MATERIAL, request())

    told = document.as_adyen()

    assert (told["defenseDocumentTypeCode"], told["contentType"]) == ("DefenseMaterial", "application/pdf")
    assert base64.b64decode(told["content"]) == document.content


@pytest.mark.parametrize(
    ("base_url", "host"),
    [
        ("", "https://ca-test.adyen.com"),
        (
            "https://1797a841fbb37ca7-Shop-checkout-live.adyenpayments.com/checkout",
            "https://ca-live.adyen.com",
        ),
        ("http://127.0.0.1:8100/", "http://127.0.0.1:8100"),
    ],
)
def test_disputes_have_a_host_of_their_own(base_url: str, host: str) -> None:
    assert disputes_url(base_url) == f"{host}/ca/services/DisputeService/v30"
