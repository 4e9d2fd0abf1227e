"""Files over JSON: uploads that wait for a case or a move, and the files of a case, to add and to download."""

import uuid
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import File, Form, Router, Status
from ninja.files import UploadedFile

from jiedao.api.auth import READ_CASES, UPLOAD_FILES, WORK_ON_CASES
from jiedao.api.schemas_moves import FileOut, FilesOut, UploadOut
from jiedao.api.schemas_problems import READ, WRITE
from jiedao.cases.access import get_case_by_number
from jiedao.cases.selectors.for_sender import list_readable_files
from jiedao.files.actions import store_file
from jiedao.files.models import Attachment, Kind
from jiedao.files.views import serve_attachment
from jiedao.kernel.client_keys import make_taken_error
from jiedao.kernel.errors import NotFoundError
from jiedao.orgs.actor import Actor

router = Router(tags=["files"])
ROOT = "/api/v1/cases"
FileKind = Literal["PHOTO_BEFORE", "PHOTO_AFTER", "PHOTO_CHECK", "DOCUMENT"]
CONTENT = {
    "responses": {
        200: {
            "description": "The file",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}


@router.post(
    "/uploads",
    auth=UPLOAD_FILES,
    response={201: UploadOut, 200: UploadOut, **WRITE},
    summary="Send a photo for a case or a move",
)
def send_upload(
    request: HttpRequest,
    file: File[UploadedFile],
    kind: Form[FileKind] = "PHOTO_BEFORE",
    client_uuid: Form[uuid.UUID | None] = None,
) -> Any:
    """Store a file of the caller that belongs to no object yet: a case, a move or a report names its id in `photos`.

    200 when the caller has stored a file with this client_uuid before; nothing is stored then. Photos are written
    anew without their metadata, and scaled down.
    """
    actor: Actor = request.auth  # type: ignore[attr-defined]
    is_known = _is_known(client_uuid)
    attachment = store_file(actor, file, kind=kind, client_uuid=client_uuid)
    blob = attachment.blob
    answer = {
        "id": attachment.pk,
        "name": attachment.name,
        "content_type": blob.content_type,
        "size": blob.size,
        "width": blob.width,
        "height": blob.height,
    }
    return Status(200 if is_known else 201, answer)


@router.get(
    "/cases/{number}/files",
    auth=READ_CASES,
    response={200: FilesOut, **READ},
    summary="List the files of a case",
)
def list_files(request: HttpRequest, number: str) -> Any:
    """List the photos and documents of a case; a caller who reads as the sender finds its own only."""
    actor: Actor = request.auth  # type: ignore[attr-defined]
    case = get_case_by_number(actor, number)
    return {"files": [_describe_file(case.number, item) for item in list_readable_files(actor, case)]}


@router.post(
    "/cases/{number}/files",
    auth=WORK_ON_CASES,
    response={201: FileOut, 200: FileOut, **WRITE},
    summary="Add a file to a case",
)
def add_file(
    request: HttpRequest,
    number: str,
    file: File[UploadedFile],
    kind: Form[FileKind] = "DOCUMENT",
    client_uuid: Form[uuid.UUID | None] = None,
) -> Any:
    """Attach a photo or a document to a case; 200 when a file with this client_uuid was attached before."""
    actor: Actor = request.auth  # type: ignore[attr-defined]
    actor.require("cases.case:comment")
    case = get_case_by_number(actor, number)
    is_known = _is_known(client_uuid)
    attachment = store_file(
        actor, file, object_type="cases.case", object_id=case.pk, kind=kind, client_uuid=client_uuid
    )
    if (attachment.object_type, attachment.object_id) != ("cases.case", case.pk):
        raise make_taken_error()
    return Status(200 if is_known else 201, _describe_file(case.number, attachment))


@router.get(
    "/cases/{number}/files/{int:file_id}",
    auth=READ_CASES,
    response=READ,
    openapi_extra=CONTENT,
    summary="Download a file of a case",
)
def download_file(request: HttpRequest, number: str, file_id: int) -> Any:
    """Return the content of a file, with its own media type; `If-None-Match` with its ETag is answered with 304."""
    actor: Actor = request.auth  # type: ignore[attr-defined]
    case = get_case_by_number(actor, number)
    for attachment in list_readable_files(actor, case):
        if attachment.pk == file_id:
            return serve_attachment(request, attachment)
    raise NotFoundError(_("没有这个附件，或它不归您看。"), hint=_("请先取附件列表，再用其中的 id。"))


def _is_known(client_uuid: uuid.UUID | None) -> bool:
    return client_uuid is not None and Attachment.objects.filter(client_uuid=client_uuid).exists()


def _describe_file(number: str, attachment: Attachment) -> dict[str, Any]:
    blob = attachment.blob
    return {
        "id": attachment.pk,
        "name": attachment.name,
        "kind": attachment.kind,
        "kind_label": str(Kind(attachment.kind).label),
        "content_type": blob.content_type,
        "size": blob.size,
        "width": blob.width,
        "height": blob.height,
        "at": attachment.at,
        "url": f"{ROOT}/{number}/files/{attachment.pk}",
    }
