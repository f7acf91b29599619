"""What becomes of the pack: it goes where there is room for it, and never in the place of a file that people chose."""

from __future__ import annotations

from typing import Any

import pytest

from disputes.models import Dispute
from disputes.operations.upload_file import upload_file
from disputes.queries.packing import PackFate, read_pack
from foundation.ids import new_id
from tests.factories.dispute_desk import pdf
from tests.factories.dispute_news import Claim
from tests.factories.shop import Shop


@pytest.fixture
def dispute(shop: Shop) -> Dispute:
    claim = Claim(shop, shop.pays(1_000))
    return claim.hears(claim.takes().says("needs_response"))


def _kept(shop: Shop, data: bytes) -> str:
    file = upload_file(merchant_id=shop.id, file_id=new_id(), filename="proof.pdf", data=data)
    return file.public_id


def _heavy(size: int) -> bytes:
    """A PDF of that many bytes: readers stop at its end mark."""
    written = pdf()
    return written + b"\n%" + b" " * (size - len(written) - 2)


@pytest.mark.parametrize(
    ("network", "pages", "fate", "sent"),
    [
        ("visa", 0, PackFate.SENT, 1),
        ("visa", 48, PackFate.SENT, 49),
        ("visa", 49, PackFate.NO_ROOM, 49),
        ("mastercard", 18, PackFate.SENT, 19),
        ("mastercard", 19, PackFate.NO_ROOM, 19),
    ],
)
def test_pack_counts_towards_the_pages_and_stays_here_beyond_them(
    shop: Shop, dispute: Dispute, network: str, pages: int, fate: PackFate, sent: int
) -> None:
    dispute.network = network
    evidence: dict[str, Any] = {"uncategorized_text": "We delivered."}
    if pages:
        evidence["receipt"] = _kept(shop, pdf(pages))

    pack = read_pack(dispute, evidence)

    assert (pack.page_count, pack.fate, pack.pages_sent) == (1, fate, sent)


def test_pack_counts_towards_the_bytes_and_stays_here_beyond_them(shop: Shop, dispute: Dispute) -> None:
    fits = read_pack(dispute, {"receipt": _kept(shop, _heavy(4_490_000))})
    over = read_pack(dispute, {"receipt": _kept(shop, _heavy(4_499_000))})

    assert 1_000 < len(fits.content) < 10_000
    assert (fits.fate, fits.bytes_sent) == (PackFate.SENT, 4_490_000 + len(fits.content))
    assert (over.fate, over.bytes_sent) == (PackFate.NO_ROOM, 4_499_000)


def test_a_file_in_its_place_keeps_the_pack_here(shop: Shop, dispute: Dispute) -> None:
    pack = read_pack(dispute, {"uncategorized_file": _kept(shop, pdf(2)), "customer_name": "Ada"})

    assert (pack.fate, pack.goes, pack.pages_sent) == (PackFate.OWN_FILE, False, 2)
