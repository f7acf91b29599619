"""The evidence pack: the same bytes for the same facts, within the networks' pages."""

from __future__ import annotations

import io
from dataclasses import replace

from pypdf import PdfReader

from disputes.pack import Attachment, PackFacts, write_pack

FACTS = PackFacts(
    title="Answer to dispute dp_1",
    claim="The cardholder says that they did not make this purchase.",
    facts=[("Amount", "10.00 USD"), ("Charge", "ch_1")],
    texts=[("Access activity log", "2026-11-01 login from 203.0.113.7\n2026-11-02 download <a&b>")],
    attachments=[Attachment("receipt", "receipt.pdf", 1, "ab" * 32)],
)


def _text(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


def test_same_facts_give_the_same_bytes() -> None:
    assert write_pack(FACTS) == write_pack(FACTS)
    assert write_pack(FACTS) != write_pack(replace(FACTS, claim="Another."))


def test_everything_is_in_it_and_markup_is_only_text() -> None:
    text = _text(write_pack(FACTS))

    for said in (
        "Answer to dispute dp_1",
        "did not make this purchase",
        "10.00 USD",
        "download <a&b>",
        "receipt.pdf",
    ):
        assert said in text


def test_long_texts_stay_within_the_pages_of_the_strictest_network() -> None:
    long = replace(FACTS, texts=[("Log", "a line of the log\n" * 1_100)])

    assert len(PdfReader(io.BytesIO(write_pack(long))).pages) > 19
    assert len(PdfReader(io.BytesIO(write_pack(FACTS))).pages) == 1
