"""The form of the evidence page: Stripe's 27 fields, bound to what the person saw staged."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from disputes.admin.words import field_words
from disputes.evidence_fields import FILE_FIELDS, TEXT_FIELDS
from disputes.evidence_limits import MAX_FIELD_CHARACTERS, MAX_FILE_BYTES
from disputes.models import EvidenceTemplate
from foundation.backoffice.forms import ActionForm
from foundation.errors import DomainError
from foundation.http.parsers import refuse_pan

ONE_LINE = frozenset(
    {
        "customer_email_address",
        "customer_name",
        "customer_purchase_ip",
        "duplicate_charge_id",
        "service_date",
        "shipping_carrier",
        "shipping_date",
        "shipping_tracking_number",
    }
)
ACCEPTED = ".pdf,.jpg,.jpeg,.png"
FILE_CLASSES = "bo-file"


class EvidenceForm(ActionForm):
    """shown: hash of the evidence that the person saw, so that nobody's work is overwritten unseen."""

    shown = forms.CharField(widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        staged: Mapping[str, str],
        shown: str,
        templates: list[EvidenceTemplate],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shown"].initial = shown
        self.fields["template"] = forms.ChoiceField(
            required=False,
            label="Template",
            choices=[
                ("", "Choose a template"),
                *((str(t.id), f"{t.name} ({field_words(t.field)})") for t in templates),
            ],
            widget=UnfoldAdminSelectWidget,
        )
        for name in TEXT_FIELDS:
            self.fields[name] = _text_field(name, staged.get(name, ""))
        for name in FILE_FIELDS:
            self.fields[name] = forms.FileField(
                required=False,
                label=field_words(name),
                widget=forms.FileInput(attrs={"accept": ACCEPTED, "class": FILE_CLASSES}),
            )

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        for name in TEXT_FIELDS:
            # A browser ends lines with CRLF, the API with LF: the same text is the same evidence.
            answers[name] = (answers.get(name) or "").replace("\r\n", "\n")
            try:
                refuse_pan(answers[name])
            except DomainError as error:
                self.add_error(name, error.text)
        for name in FILE_FIELDS:
            file = answers.get(name)
            if isinstance(file, UploadedFile) and (file.size or 0) > MAX_FILE_BYTES:
                self.add_error(
                    name, f"The file has {file.size:,} bytes; at most {MAX_FILE_BYTES:,} are taken."
                )
        return answers

    def changed_texts(self, staged: Mapping[str, str]) -> dict[str, str | None]:
        """What the person changed of what is staged."""
        answers = self.cleaned_data
        return {
            name: answers[name] or None for name in TEXT_FIELDS if answers[name] != (staged.get(name) or "")
        }

    def uploads(self) -> dict[str, UploadedFile]:
        return {name: self.cleaned_data[name] for name in FILE_FIELDS if self.cleaned_data.get(name)}


def file_id_of(form_key: UUID, field: str, data: bytes) -> UUID:
    """The id of an upload: the same file sent twice by one form is one file, another file is another.

    The form's own key, which begins with its time as every id does, ends with a digest of the content.
    """
    digest = int.from_bytes(hashlib.sha256(field.encode() + b"\0" + data).digest()[:8])
    return UUID(int=(form_key.int >> 62 << 62) | (digest >> 2))


def _text_field(name: str, staged: str) -> forms.CharField:
    widget = (
        UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
        if name in ONE_LINE
        else UnfoldAdminTextareaWidget(attrs={"rows": 4})
    )
    return forms.CharField(
        required=False,
        label=field_words(name),
        max_length=MAX_FIELD_CHARACTERS,
        initial=staged,
        widget=widget,
    )
