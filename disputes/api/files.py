"""/v1/files: uploads of evidence."""

from __future__ import annotations

from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from disputes.errors import EvidenceFileRefused
from disputes.evidence_limits import MAX_FILE_BYTES
from disputes.operations.upload_file import upload_file
from disputes.queries.files import get_file, list_files
from disputes.shapes import file_shape
from foundation.http.openapi import endpoint
from foundation.http.serializers import CreatedFilterField, EnumField, InputSerializer, ListInput, id_from_url
from foundation.http.views import ApiView

PURPOSES = ["dispute_evidence"]
FORM_OVERHEAD_BYTES = 65_536


class FileCreateInput(InputSerializer):
    file = serializers.FileField()
    purpose = EnumField(choices=PURPOSES)


class FileListInput(ListInput):
    purpose = EnumField(choices=PURPOSES, required=False)
    created = CreatedFilterField(required=False)


class FilesView(ApiView):
    scope = "disputes"
    accepts_uploads = True
    max_body_bytes = MAX_FILE_BYTES + FORM_OVERHEAD_BYTES

    @endpoint("Upload a file", input=FileCreateInput, returns="file")
    def post(self, request: Request) -> HttpResponse:
        given = self.input()["file"]
        if not isinstance(given, UploadedFile):
            raise EvidenceFileRefused("Send the file as multipart/form-data.", param="file")
        file = upload_file(
            merchant_id=self.merchant_id,
            file_id=self.reserved_id,
            filename=given.name or "file",
            data=given.read(),
        )
        return self.respond(file_shape(file))

    @endpoint("List files", input=FileListInput, returns="file", page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        rows = list_files(merchant_id=self.merchant_id)
        rows = rows.filter(**{f"created_at__{word}": at for word, at in params.get("created", {}).items()})
        if "purpose" in params:
            rows = rows.filter(purpose=params["purpose"])
        return self.respond_list(rows, params, prefix="file", kind="file", to_shape=file_shape)


class FileView(ApiView):
    scope = "disputes"

    @endpoint("Retrieve a file", returns="file")
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        return self.respond(file_shape(get_file(merchant_id=self.merchant_id, file_id=_file_id(id))))


class FileContentsView(ApiView):
    scope = "disputes"

    @endpoint("Download a file", returns={"type": "string", "format": "binary"})
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        file = get_file(merchant_id=self.merchant_id, file_id=_file_id(id))
        response = HttpResponse(bytes(file.content), content_type=file.content_type)
        # Whatever it holds, a browser saves it instead of running it on our origin.
        response["Content-Disposition"] = f'attachment; filename="{file.public_id}"'
        response["X-Content-Type-Options"] = "nosniff"
        return response


def _file_id(text: str) -> UUID:
    return id_from_url("file", text, kind="file")
