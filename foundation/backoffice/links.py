"""Links between pages of different floors, found in the admin's own registry: nobody names a floor above its own."""

from __future__ import annotations

from uuid import UUID

from django.contrib import admin
from django.urls import reverse

from foundation import ids
from foundation.backoffice.display import NOTHING, link


def page_link(kind: str, row_id: UUID | None) -> str:
    """The public id of a row, leading to its page: page_link("payment_intent", id).

    kind: as events and entries name it. Plain words where there is no such page.
    """
    if row_id is None:
        return NOTHING
    for model, page in admin.site._registry.items():
        if page.opts.model_name == kind.replace("_", ""):
            prefix = getattr(model, "public_prefix", "")
            address = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_change", args=[row_id])
            return link(ids.encode_id(prefix, row_id) if prefix else str(row_id), address)
    return f"{kind.replace('_', ' ')} {row_id}"
