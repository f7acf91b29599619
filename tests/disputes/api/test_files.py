"""/v1/files: uploads in Stripe's shape, kept once, given back as bytes that a browser does not run."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import encode_multipart

from disputes.models import EvidenceFile
from foundation.tenancy.operations import create_api_key
from tests.factories.dispute_desk import Desk, pdf
from tests.factories.shop import Shop
from tests.payments.api.conftest import CheckedCaller

BOUNDARY = "between-the-parts"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


def form(content: bytes, *, name: str = "receipt.pdf", purpose: str = "dispute_evidence") -> bytes:
    return encode_multipart(BOUNDARY, {"purpose": purpose, "file": SimpleUploadedFile(name, content)})


def test_file_is_shown_in_stripes_shape_and_found_again(desk: Desk, api: CheckedCaller) -> None:
    content = pdf()

    file = api.post("/v1/files", form(content), kind=MULTIPART).json()

    assert (file["object"], file["type"], file["size"]) == ("file", "pdf", len(content))
    assert (file["filename"], file["purpose"]) == ("receipt.pdf", "dispute_evidence")
    assert api.get(f"/v1/files/{file['id']}").json() == file
    assert api.get("/v1/files?purpose=dispute_evidence").json()["data"] == [file]
    assert api.get("/v1/files?created[gt]=9999999999").json()["data"] == []


def test_contents_are_the_very_bytes_for_saving_only(shop: Shop, desk: Desk) -> None:
    content = pdf()
    file = desk.uploads(content)

    # Bytes, not JSON: what checks the shape of every other answer is left out here.
    headers = {"Authorization": f"Bearer {desk.api.secret}"}
    answer = desk.api.client.get(f"/v1/files/{file}/contents", headers=headers)

    assert (answer.status_code, answer.content) == (200, content)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_same_key_and_file_twice_is_one_file(shop: Shop, desk: Desk, api: CheckedCaller) -> None:
    body = form(pdf())

    first, again = (api.post("/v1/files", body, kind=MULTIPART, key="once") for _ in range(2))

    assert first.json() == again.json()
    assert EvidenceFile.objects.for_merchant(shop.id).count() == 1


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (form(b"PK\x03\x04 a word document", name="receipt.pdf"), MULTIPART, 400),
        (form(b"", name="receipt.pdf"), MULTIPART, 400),
        (form(pdf(), purpose="identity_document"), MULTIPART, 400),
        (encode_multipart(BOUNDARY, {"purpose": "dispute_evidence"}), MULTIPART, 400),
        (b"purpose=dispute_evidence&file=receipt.pdf", "application/x-www-form-urlencoded", 400),
        (json.dumps({"purpose": "dispute_evidence", "file": "x"}).encode(), "application/json", 400),
    ],
    ids=["a word document", "nothing", "another purpose", "no file", "a form", "json"],
)
def test_what_is_no_evidence_is_refused_and_not_kept(
    shop: Shop, desk: Desk, api: CheckedCaller, body: bytes, kind: str, status: int
) -> None:
    footprint = shop.footprint()

    answer: Any = api.post("/v1/files", body, kind=kind)

    assert answer.status_code == status, answer.content
    assert EvidenceFile.objects.for_merchant(shop.id).count() == 0
    assert shop.footprint() == footprint


def test_key_without_the_right_uploads_nothing(shop: Shop, desk: Desk) -> None:
    reader = CheckedCaller(create_api_key(merchant_id=shop.id, scopes={"disputes": "read"}).secret)

    assert reader.post("/v1/files", form(pdf()), kind=MULTIPART).status_code == 403
    assert EvidenceFile.objects.for_merchant(shop.id).count() == 0
