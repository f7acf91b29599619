"""How evidence is laid out: grouped by what matters for the claim, with what is used of the limits."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from disputes.admin.evidence_form import EvidenceForm
from disputes.admin.words import field_words, pack_words, page_words, size_words
from disputes.evidence_fields import FIELDS, FILE_FIELDS
from disputes.models import Dispute, EvidenceFile, OrderKind
from disputes.queries.disputes import find_standing_order
from disputes.queries.limits import Sizes, read_sizes
from disputes.queries.packing import Pack, read_pack
from disputes.reason_codes import wanted_for
from foundation.backoffice.display import actor_words, instant

SENT_WORDS = "This very file went with the submission."
UNSENT_WORDS = "For reading here: this file was not sent."


def evidence_groups(
    dispute: Dispute, form: EvidenceForm, *, category: str, sizes: Sizes, compares: bool
) -> list[dict[str, Any]]:
    """compares: what is staged is written beneath each field whose text differs."""
    return [
        {
            **group,
            "fields": [
                _field(dispute, form, name, sizes.files.get(name), compares=compares)
                for name in group["names"]
            ],
        }
        for group in _grouped(category)
    ]


def limit_lines(sizes: Sizes, pack: Pack | EvidenceFile | None = None) -> list[tuple[str, str, bool]]:
    """(what, how much of how much, whether nothing is left). pack: what goes beside the files, as drawn or as kept."""
    size, pages = sizes.bytes_used, sizes.pages_used
    if isinstance(pack, EvidenceFile):
        size, pages = size + pack.size, pages + pack.page_count
    elif pack is not None:
        size, pages = pack.bytes_sent, pack.pages_sent
    return [
        (
            "Size of the files",
            f"{size_words(size)} of {size_words(sizes.bytes_most)}",
            size >= sizes.bytes_most,
        ),
        ("Pages", f"{pages} of {sizes.pages_most}", pages >= sizes.pages_most),
        (
            "Characters",
            f"{sizes.characters_used:,} of {sizes.characters_most:,}",
            sizes.characters_used >= sizes.characters_most,
        ),
    ]


def pack_context(pack: Pack) -> dict[str, Any]:
    """What a page says of the pack before it is sent."""
    return {"digest": pack.sha256, "pack_words": pack_words(pack), "pack_goes": pack.goes}


def read_only_context(dispute: Dispute, refusal: str) -> dict[str, Any]:
    """What went out, exactly, or what was staged and never did."""
    order = find_standing_order(dispute)
    copy = order if order is not None and order.kind == OrderKind.SUBMIT else None
    evidence = copy.evidence if copy is not None else dispute.evidence
    sent = copy.pack if copy is not None else None
    pack = read_pack(dispute, evidence) if sent is None and any(evidence.values()) else None
    sizes = pack.sizes if pack is not None else read_sizes(dispute, evidence)
    context: dict[str, Any] = {
        "refusal": refusal,
        "shown": [
            _shown(dispute, name, evidence[name], sizes.files.get(name))
            for name in FIELDS
            if evidence.get(name)
        ],
        "limits": limit_lines(sizes, sent),
        "digest": sent.sha256 if sent is not None else pack.sha256 if pack is not None else "",
        "pack_words": SENT_WORDS if sent is not None else UNSENT_WORDS,
    }
    if copy is None:
        return context
    pack_url = reverse("admin:disputes_dispute_pack", args=[dispute.pk])
    return context | {
        "copy": copy,
        "copy_by": actor_words(copy.requested_by) if copy.requested_by else "",
        "copy_at": instant(copy.submitted_at or copy.created_at),
        "copy_state": {"succeeded": "The PSP has it.", "refused": "The PSP refused it."}.get(
            copy.status, "The PSP has not confirmed it yet."
        ),
        "pack_url": f"{pack_url}?order={copy.public_id}",
    }


def _grouped(category: str) -> list[dict[str, Any]]:
    wanted = wanted_for(category)
    named = {*wanted.required, *wanted.one_of, *wanted.optional}
    rest = tuple(name for name in FIELDS if name not in named)
    groups: list[dict[str, Any]] = [
        {"title": "Required for this claim", "names": wanted.required},
        {"title": "At least one of these", "names": wanted.one_of},
        {"title": "Helps besides", "names": wanted.optional},
        {"title": "Matters for other claims", "names": rest, "is_folded": True},
    ]
    return [group for group in groups if group["names"]]


def _field(
    dispute: Dispute, form: EvidenceForm, name: str, file: EvidenceFile | None, *, compares: bool
) -> dict[str, Any]:
    staged = dispute.evidence.get(name) or ""
    is_file = name in FILE_FIELDS
    written = "" if is_file else (form[name].value() or "").replace("\r\n", "\n").strip()
    return {
        "name": name,
        "bound": form[name],
        "is_file": is_file,
        "is_staged": bool(staged),
        "length": 0 if is_file else len(staged),
        "file": _file(dispute, name, file) if file is not None else None,
        "staged_now": staged if compares and not is_file and staged != written else "",
        "differs": compares and not is_file and staged != written,
    }


def _shown(dispute: Dispute, name: str, value: str, file: EvidenceFile | None) -> dict[str, Any]:
    return {
        "label": field_words(name),
        "name": name,
        "text": "" if name in FILE_FIELDS else value,
        "file": _file(dispute, name, file) if file is not None else None,
    }


def _file(dispute: Dispute, name: str, file: EvidenceFile) -> dict[str, Any]:
    return {
        "filename": file.filename,
        "about": f"{size_words(file.size)}, {page_words(file.page_count)}",
        "sha256": file.sha256,
        "url": reverse("admin:disputes_dispute_file", args=[dispute.pk, name]),
    }
